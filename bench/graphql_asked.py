"""What the GraphQL measurement asks: of ours and stock, and of PostGraphile in its own words."""

from __future__ import annotations

DOCUMENTS = {
    "A": """query Record($teacher: ID!) {
  teacher(id: $teacher) { id school place stage subject entered }
  creditRecord(teacher: $teacher) {
    cycleNumber cycleStart cycleEnd credits
    verdict { result counted unit zh en requirements { code result needed had zh en } }
    lines { credit kind title credits hoursPlanned completed choice }
  }
}""",
    "B": """query Teachers($after: String) {
  teachers(first: 100, after: $after) {
    edges { cursor node {
      id school place stage subject title tier entered updated
      stays { school place since position event }
    } }
    pageInfo { hasNextPage endCursor }
  }
}""",
    "N": """query Names($after: String) {
  teachers(first: 100, after: $after) { edges { node { id school person { name phone } } } }
}""",
    "C": """query History($before: Position!) {
  history(first: 100, latestFirst: true, filter: { before: $before }) {
    edges { cursor node { position id type at on actor channel place tags data } }
    pageInfo { hasNextPage endCursor }
  }
}""",
    "D": "{ __typename }",
    "M": """mutation Choose($input: SelectOfferingInput!, $id: String!) {
  selectOffering(input: $input, requestId: $id) {
    ... on Recorded { position events { position id type } }
    ... on Refused { refusals { code zh en } }
  }
}""",
}
PLAIN = {
    "A": """query Record($teacher: String!) {
  teacherByRowId(rowId: $teacher) { rowId school place stage subject entered
    recordByTeacher {
      cycleNumber cycleStart cycleEnd credits result counted unit zh en
    }
    requirementsByTeacher { nodes { code result needed had zh en } }
    creditsByTeacher(first: 20) { nodes {
      rowId kind title credits hoursPlanned completed choice
    } }
  }
}""",
    "B": """query Teachers($after: Cursor) {
  allTeachers(first: 100, after: $after, condition: { place: "jurisdiction:330381" }) {
    edges { cursor node {
      rowId school place stage subject title tier entered updated
      staysByTeacher { nodes { school place since position event } }
    } }
    pageInfo { hasNextPage endCursor }
  }
}""",
    "C": """query History($after: Cursor) {
  allEvents(first: 100, after: $after, orderBy: POSITION_DESC,
            condition: { place: "jurisdiction:330381" }) {
    edges { cursor node { position rowId type at on actor channel place tags data } }
    pageInfo { hasNextPage endCursor }
  }
}""",
    "D": "{ __typename }",
}

DOCUMENTS["R"], PLAIN["R"] = DOCUMENTS["A"], PLAIN["A"]
DOCUMENTS["F"] = (
    DOCUMENTS["A"]
    .replace("$teacher: ID!", "$teacher: ID!, $on: Date!")
    .replace("creditRecord(teacher: $teacher)", "creditRecord(teacher: $teacher, on: $on)")
)
