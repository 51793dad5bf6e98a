"""Access: the table of roles and the commands that each may submit.

A command is allowed by role here and by scope in the ledger, which knows the deciding party after
learning (``ledger.command``). What may be read stands in ``reach``.
"""

from __future__ import annotations

from ledger import (
    accreditation,
    adjustment,
    admission,
    adoption,
    amendment,
    anomaly,
    assessment,
    assignment,
    attendance,
    balance,
    category,
    change,
    charge,
    circular,
    closing,
    correction,
    credit,
    cycle,
    declaration,
    discrepancy,
    duty,
    effect,
    enrollment,
    evaluation,
    expansion,
    feedback,
    funding,
    intake,
    invitation,
    judgement,
    leave,
    load,
    log,
    mapping,
    misconduct,
    notice,
    observation,
    offering,
    order,
    oversight,
    petition,
    policy,
    profile,
    redating,
    redress,
    register,
    removal,
    response,
    restart,
    resumption,
    retraction,
    review,
    safeguard,
    sample,
    sanction,
    schedule,
    school_based,
    school_plan,
    screening,
    selection,
    service_token,
    sign_off,
    spot_check,
    supervision,
    teacher,
    term,
    trainer,
    transfer,
    warning,
    withdrawal,
)
from ledger.command import Asker, Command, Role
from ledger.fault import Fault
from ledger.word import in_chinese
from schema.power import Action, may

COMMANDS: dict[Role, tuple[type[Command], ...]] = {
    Role.TEACHER: (
        selection.SelectOffering,
        withdrawal.WithdrawSelection,
        petition.RequestCorrection,
        retraction.WithdrawCorrection,
        transfer.ConfirmTransfer,
    ),
    Role.SCHOOL: (
        profile.UpdateTeacherProfile,
        category.AssignCategory,
        category.EndCategory,
        enrollment.ReviewSelection,
        school_based.RecordSchoolBased,
        load.EndLoad,
        funding.StateSchoolFunds,
        funding.PublishSchoolFunds,
        school_plan.AdoptSchoolPlan,
        petition.RequestCorrection,
        retraction.WithdrawCorrection,
        transfer.ConfirmTransfer,
    ),
    Role.PROVIDER: (
        trainer.RegisterTrainer,
        trainer.RecordTrainerConsent,
        resumption.ApplyForResumption,
        resumption.CommitToSafety,
        redating.RequestRedating,
        response.RespondToOrder,
        declaration.DeclareProject,
        withdrawal.WithdrawProject,
        offering.OpenOffering,
        expansion.RequestExpansion,
        screening.AnnounceScreening,
        screening.ScreenApplicants,
        admission.ConfirmEnrollment,
        admission.AdmitApplicants,
        admission.AdmitToParallel,
        invitation.SendTrainingNotices,
        schedule.PublishTimetable,
        log.LogDay,
        change.RequestChange,
        change.NotifyTrainees,
        effect.CarryOutChange,
        attendance.RecordAttendance,
        leave.GrantLeave,
        correction.CorrectAttendance,
        assessment.RecordAssessment,
        judgement.SettleCompletion,
        notice.NotifyDenial,
        evaluation.RecordEvaluation,
        evaluation.ReturnResults,
        safeguard.RecordSafeguard,
        feedback.ReportTrainee,
        charge.ChargeFees,
        charge.ReturnFees,
        closing.CloseOffering,
        misconduct.RecordMisconduct,
        load.EndLoad,
    ),
    Role.BUREAU: (
        register.RegisterSchool,
        teacher.RegisterTeacher,
        transfer.TransferTeacher,
        transfer.ConfirmTransfer,
        category.AssignCategory,
        category.EndCategory,
        cycle.OpenCycle,
        accreditation.AccreditProvider,
        accreditation.UpdateAccreditation,
        trainer.RegisterTrainer,
        trainer.RecordTrainerConsent,
        spot_check.SpotCheckTrainer,
        resumption.DecideAcceptance,
        restart.FixRestart,
        restart.FileAcceptedList,
        supervision.InspectMeasures,
        supervision.OrderRectification,
        supervision.SuspendOffline,
        supervision.ReleaseOffline,
        redating.RedateOfferings,
        removal.RemoveProjects,
        warning.IssueYellowCard,
        warning.Reinspect,
        sanction.CancelProject,
        sanction.RevokeAccreditation,
        term.OpenTerm,
        order.SubmitOrder,
        order.PublishOrderList,
        response.AwardOrder,
        review.ReviewProject,
        review.PublishProject,
        expansion.DecideExpansion,
        assignment.AssignTrainee,
        change.DecideChange,
        circular.IssueCircular,
        closing.CloseLeftOpen,
        credit.AwardCredit,
        balance.OpenBalance,
        adjustment.CorrectCredit,
        adjustment.RevokeCredit,
        petition.RequestCorrection,
        retraction.WithdrawCorrection,
        petition.DecideCorrection,
        intake.Reconcile,
        intake.CompareAnew,
        discrepancy.SettleDifferences,
        discrepancy.SignReconciliation,
        discrepancy.ReopenReconciliation,
        school_based.RecogniseSchoolBased,
        sample.DrawSample,
        oversight.InspectProject,
        observation.ObserveLesson,
        observation.NameObservers,
        funding.StateLocalFunds,
        funding.PublishLocalFunds,
        duty.NameMonitoringBody,
        duty.SetUpEducationOffice,
        duty.AppraiseTraining,
        duty.MakeCalendarKnown,
        mapping.SaveMapping,
        service_token.IssueServiceToken,
        service_token.RevokeServiceToken,
        sign_off.SignOffPeriod,
        sign_off.ReopenSignOff,
        sign_off.WithdrawSignOff,
        profile.UpdateTeacherProfile,
        load.EndLoad,
        anomaly.SettleAnomaly,
        redress.ResolveFinding,
        redress.ReopenFinding,
        adoption.AdoptRegulation,
        amendment.AmendRule,
        policy.RepealRules,
        policy.SuspendRules,
        policy.EndSuspension,
    ),
}
COMMANDS[Role.AUDITOR] = (sample.DrawSample,)
# Nobody else's system says whom the ledger lets in; else a machine would let in another.
UNREPORTED = (service_token.IssueServiceToken, service_token.RevokeServiceToken)


class Denied(Fault):
    """The asker may not do this at all."""


def roles_of(command: type[Command]) -> list[Role]:
    """The roles that may submit a command; the operator, who may any, where there is none."""
    return [role for role, known in COMMANDS.items() if command in known] or [Role.OPERATOR]


def may_ask(asker: Asker, command: type[Command], *, reported: bool) -> None:
    """Raises ``Denied`` unless the role may submit the command."""
    reportable = asker.reports and command not in UNREPORTED
    if reported and not reportable:
        pass
    elif asker.role is Role.OPERATOR or command in COMMANDS.get(asker.role, ()):
        if not reported or asker.role is Role.OPERATOR:
            return
    elif reported and may(asker.role, Action.REPORT):
        return
    if asker.role is Role.PUBLIC:
        raise Denied(
            "UNAUTHENTICATED", zh="请先登录：缺少有效的令牌", en="a bearer token is needed"
        )
    what = command.__name__ + (" (reported)" if reported else "")
    raise Denied(
        "FORBIDDEN_ROLE",
        zh=f"{in_chinese(asker.role.value)}不能提交“{_called(command)}”",
        en=f"the role {asker.role.value} may not submit {what}",
    )


def _called(command: type[Command]) -> str:
    """A command in Chinese, as the schema calls it."""
    # The words say of each command who may ask it, so they come after this.
    from schema.words import WORDS

    return WORDS["types"].get(command.__name__, command.__name__)
