using Aim.Movement;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;

namespace Aim.Api.Movement;

/// <summary>A case as the caller may see it.</summary>
/// <param name="Severity">That of the rule at its stage in the case's year.</param>
/// <param name="From">First day of what is wrong, as the records say by now.</param>
/// <param name="To">Its last day.</param>
/// <param name="Gone">When the records stopped saying so; null while they do.</param>
public sealed record CaseView(
    string Id, string Rule, Severity Severity, string Title, StateId StateId, SchoolYear Year, DateOnly From, DateOnly To, CaseStatus Status, DateTimeOffset Opened, DateOnly Due, bool IsOverdue, DateTimeOffset? Gone,
    IReadOnlyList<CaseSideView> Districts, IReadOnlyList<CaseLineView> Lines, CaseDecisionView? Decision)
{
    /// <param name="reference">That of the case's year.</param>
    public static CaseView Of(MovementCase item, Caller caller, DateOnly today, ReferenceData? reference) => Of(item, RuleCatalog.Get(item.Rule).In(reference), caller, today);

    private static CaseView Of(MovementCase item, Rule rule, Caller caller, DateOnly today) => new(
        item.Id, item.Rule, rule.EffectiveSeverity, rule.Title, item.Student, item.Year, item.From, item.To, item.Status, item.Opened, item.Due, item.IsOverdue(today), item.Gone,
        [.. item.Sides.Select(side => CaseSideView.Of(item, rule, side, caller))], [.. item.Lines.Select(line => CaseLineView.Of(line, caller))],
        item.Decision is { } decision ? new CaseDecisionView(decision.District, decision.From, decision.Reason, decision.At, caller.SeesState ? decision.By : null) : null);
}

/// <summary>A district's side. Of another district's only the number, the dates and the answer are given.</summary>
/// <param name="Finding">What the rule says about the district's own row, and how to fix it.</param>
public sealed record CaseSideView(DistrictId District, DateOnly Start, DateOnly? End, CaseAnswer? Answer, DateOnly? AnsweredEndDate, string? School, Finding? Finding)
{
    internal static CaseSideView Of(MovementCase item, Rule rule, FindingSide side, Caller caller)
    {
        var answer = item.AnswerOf(side.District);
        var isOwn = caller.MayRead(side.District);
        return new CaseSideView(side.District, side.Start, side.End, answer?.Answer, answer?.EndDate, isOwn ? side.School : null, isOwn ? side.Finding with { Severity = rule.EffectiveSeverity } : null);
    }
}

/// <summary>A line of the dialogue; who wrote it is shown to the state and to the writer's own district.</summary>
/// <param name="District">Whose word it is; null for the state's.</param>
public sealed record CaseLineView(DateTimeOffset At, DistrictId? District, string? By, CaseAnswer? Answer, DateOnly? EndDate, string? Text, CaseEvidence? Evidence)
{
    internal static CaseLineView Of(CaseLine line, Caller caller) =>
        new(line.At, line.District, caller.SeesState || line.District is { } district && caller.MayRead(district) ? line.By : null, line.Answer, line.EndDate, line.Text, line.Evidence);
}

/// <summary>What the state decided: from which day on the student is a district's, and why.</summary>
public sealed record CaseDecisionView(DistrictId District, DateOnly From, string Reason, DateTimeOffset At, string? By);

/// <summary>A page of cases, by the first day of what is wrong.</summary>
/// <param name="Next">Cursor of the next page; null on the last one.</param>
public sealed record CaseList(IReadOnlyList<CaseView> Cases, string? Next);
