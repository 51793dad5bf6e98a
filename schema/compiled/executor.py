"""Executor: graphql-core's own, with values completed by functions made for the query.

Strawberry takes it as ``execution_context_class``. It changes one step, ``complete_value``: a
field's value with all below it goes through the function for its selection set. Whatever raises
there, the reference completes the same value anew.
"""

from __future__ import annotations

from asyncio import ensure_future, gather, sleep
from typing import Any

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    Undefined,
    get_named_type,
    is_leaf_type,
)
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.compiled.leaf import Unusual
from schema.compiled.operation import Made, Operation, Operations
from schema.compiled.plan import Complete, Run
from schema.compiled.rendering import Lasting

OPERATIONS = Operations()


class CompiledExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes values by functions made for the operation, where there are such.

    ``splicing``: what is completed is written as JSON by ``msgspec`` and read by nobody before, so
    it may hold ``msgspec.Raw``, and structs in the place of objects.
    """

    known: Operation | None
    made: Made | None = None

    def __init__(self, *given: Any, splicing: bool = False, **named: Any) -> None:
        super().__init__(*given, **named)
        self.splicing = splicing
        manager = self.middleware_manager
        plain = manager is None or not manager.middlewares
        self.known = OPERATIONS.find(self) if plain and self.error_propagation else None
        if self.known is not None:
            self.made = self.known.under(self)

    @classmethod
    def build(cls, *given: Any, **named: Any) -> Any:
        """As the reference, without a search for what misspelt names in variables may mean."""
        return super().build(*given, **named | {"hide_suggestions": True})

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Any,
        grouped_field_set: Any,
        position_context: Any,
    ) -> Any:
        """The values of an object's fields, or an awaitable of them.

        Those of a query wait for each other in a task less than the reference has, which makes one
        for each field; where one that is not the first may fail as a whole, that is the
        reference's.
        """
        given = (parent_type, source_value, path, grouped_field_set, position_context)
        if self.known is None or path is not None or parent_type is not self.schema.query_type:
            return super().execute_fields(*given)
        others = [*grouped_field_set.values()][1:]
        if not others or not self.known.nullable(self.schema, parent_type, others):
            return super().execute_fields(*given)
        results: dict[str, Any] = {}
        waiting: list[str] = []
        try:
            for key, details in grouped_field_set.items():
                at = Path(None, key, parent_type.name)
                result = self.execute_field(
                    parent_type, source_value, details, at, position_context
                )
                if result is not Undefined:
                    results[key] = result
                    if self.is_awaitable(result):
                        waiting.append(key)
        except Exception:
            self.settle_in_background([results[key] for key in waiting])
            raise
        return _together(results, waiting) if waiting else results

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: Any,
        path: Any,
        position_context: Any,
    ) -> Any:
        """A field's value, or an awaitable of it; fields of a query are asked by a plan made once.

        A mutation is the reference's, and so is a message of a subscription: its resolver made the
        stream.
        """
        given = (parent_type, source, field_details_list, path, position_context)
        if self.known is None or path.prev is not None or parent_type is not self.schema.query_type:
            return super().execute_field(*given)
        asking = self.known.asking(self.schema, parent_type, field_details_list)
        if asking is None:
            return super().execute_field(*given)
        nodes = [each.node for each in field_details_list]
        info = self.build_resolve_info(asking.defined, nodes, parent_type, path)
        try:
            result = asking.ask(source, info, self.variable_values.coerced)
        except Unusual:
            return super().execute_field(*given)
        return self.complete_awaitable_value(
            asking.defined.type, field_details_list, info, path, result, position_context
        )

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: Any,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """The completed value, or an awaitable of it; raises as the reference does."""
        given = (return_type, field_details_list, info, path, result, position_context)
        complete = self._complete(return_type, field_details_list)
        if complete is None or result is None:
            return super().complete_value(*given)
        run = Run(self, info)
        try:
            lasting = getattr(result, "lasting", None) if self.splicing else None
            if isinstance(lasting, Lasting) and self._steady(complete):
                completed = lasting.written(complete, run, result)
            else:
                completed = complete(result, run)
        except Exception:  # whatever it is, the reference says it better
            return super().complete_value(*given)
        if run.later:
            return self._completed(completed, run, given)
        return completed

    def _complete(self, kind: GraphQLOutputType, details: Any) -> Complete | None:
        if self.made is None or is_leaf_type(get_named_type(kind)):
            return None
        assert self.known is not None
        return self.known.complete(self.made, self, kind, details)

    def _steady(self, complete: Complete) -> bool:
        return self.known is not None and complete in self.known.steady

    async def _completed(self, completed: Any, run: Run, given: tuple[Any, ...]) -> Any:
        """The value once everything that was left for later stands in it, level by level."""
        try:
            while run.later:
                level = list(run.later.values())
                run.later = {}
                for each in level:
                    await _read(each, run, self.context_value)
        except Exception:  # as above
            completed = super().complete_value(*given)
            return await completed if self.is_awaitable(completed) else completed
        return completed


async def _together(results: dict[str, Any], waiting: list[str]) -> dict[str, Any]:
    """The same with all that is waited for; of those only the first may raise."""
    first, *others = waiting
    tasks = [ensure_future(results[key]) for key in others]
    try:
        results[first] = await results[first]
        for key, task in zip(others, tasks, strict=True):
            results[key] = await task
    except BaseException:
        await sleep(0)  # what was not begun would never be awaited
        for task in tasks:
            task.cancel()
        await gather(*tasks, return_exceptions=True)
        raise
    return results


async def _read(level: Any, run: Run, context: Any) -> None:
    parents = [parent for _, parent in level.waiting]
    values = await level.batch(context, parents)
    for (answer, _), value in zip(level.waiting, values, strict=True):
        found = level.complete(value, run)
        if found is None and not level.nullable:
            raise Unusual
        answer[level.key] = found
