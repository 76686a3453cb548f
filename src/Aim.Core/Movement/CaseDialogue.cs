using System.Globalization;
using Aim.Records;

namespace Aim.Movement;

/// <summary>A district's answer about its own enrollment.</summary>
/// <param name="EndDate">With <see cref="CaseAnswer.EndOn"/>: the last day of the enrollment.</param>
public sealed record CaseReply(CaseAnswer Answer, DateOnly? EndDate, string Comment);

/// <summary>
/// What people may do about a case. Each act has a question in front of it, which gives the sentence why it can't be done now, or null when it
/// can; acts are pure, and nothing that was said is ever taken away.
/// </summary>
public static class CaseDialogue
{
    public const int LongestText = 2000;
    public const int MostLines = 200;

    public static string? WhyNoLine(this MovementCase item) =>
        item.Lines.Count < MostLines ? null : string.Create(CultureInfo.InvariantCulture, $"The case has {MostLines} lines, the most there can be. Telephone, or let the state decide.");

    public static string? WhyNoReply(this MovementCase item, DistrictId district, CaseReply reply) => item switch
    {
        { IsPending: false } => "The case is closed; nothing is waiting for an answer.",
        _ when item.WhyNoLine() is { } full => full,
        { IsOverlap: true } when reply.Answer == CaseAnswer.WillCorrect => "Of an overlap say Keep, EndOn with the last day, or NotOurStudent.",
        { IsOverlap: false } when reply.Answer == CaseAnswer.EndOn => "An end is asked for only of an overlap with another district: say Keep, WillCorrect or NotOurStudent.",
        _ when reply.Answer == CaseAnswer.EndOn != reply.EndDate is not null => "Give the end date with EndOn, and only with it.",
        _ when reply.EndDate is { } end => item.WhyNoEnd(item.Sides.First(side => side.District == district), end),
        _ => null,
    };

    /// <summary>An end is an answer only if nothing of the overlap is left with it. Ended on the day on which another district's begins, an enrollment overlaps it no more.</summary>
    private static string? WhyNoEnd(this MovementCase item, FindingSide own, DateOnly end)
    {
        var latest = item.Sides.Where(side => side != own).Min(side => side.Start);
        if (end < own.Start) return "The end date is before the start of the enrollment.";
        if (end <= latest) return null;
        return latest < own.Start
            ? "The student was enrolled in the other district before your enrollment began, so no end of it ends the overlap: say Keep or NotOurStudent, or correct your enrollment and send it."
            : string.Create(CultureInfo.InvariantCulture, $"The overlap would remain: it begins on {latest:yyyy-MM-dd}, so give that day or an earlier one, or say Keep or NotOurStudent.");
    }

    public static MovementCase Replied(this MovementCase item, DistrictId district, CaseReply reply, string by, DateTimeOffset at)
    {
        var answered = item.With(new CaseLine(at, by, district, reply.Comment, reply.Answer, reply.EndDate));
        return answered with { Status = answered.Sides.All(side => answered.AnswerOf(side.District) is not null) ? CaseStatus.Answered : CaseStatus.Open };
    }

    /// <summary>A comment, or evidence; also once the case is closed.</summary>
    public static MovementCase With(this MovementCase item, CaseLine line) => item with { Lines = [.. item.Lines, line] };

    public static string? WhyNoDecision(this MovementCase item, DistrictId district, DateOnly from, DateOnly today) => item switch
    {
        { IsPending: false } => "The case is closed.",
        { IsOverlap: false } => "Only of an overlap is it decided which district has the student; withdraw the case if nothing is wrong.",
        _ when !item.Concerns(district) => "The student is in neither enrollment of that district: decide for one of the case's districts.",
        { Status: CaseStatus.Open } when today <= item.Due =>
            string.Create(CultureInfo.InvariantCulture, $"The districts have until {item.Due:yyyy-MM-dd} to answer; the state decides after that day, or once both have answered."),
        _ when from < item.From || from > item.To => string.Create(CultureInfo.InvariantCulture, $"Decide from a day of the overlap, {item.From:yyyy-MM-dd} to {item.To:yyyy-MM-dd}."),
        _ => null,
    };

    /// <summary>
    /// What was decided of the student in another case whose overlap lasts and touches this one's has to stand beside the decision: of two districts that have the student one after the other, neither
    /// may have lost the student to somebody by the day on which it gets the student.
    /// </summary>
    /// <param name="others">The student's cases; this one may be among them.</param>
    public static string? WhyContradiction(this MovementCase item, DistrictId district, DateOnly from, IEnumerable<MovementCase> others)
    {
        var other = others.FirstOrDefault(other => other.Id != item.Id && other is { Gone: null, Decision: { } decided } && other.From <= item.To && item.From <= other.To && decided.District != district
            && (decided.From == from || other.Concerns(district) && decided.From < from || item.Concerns(decided.District) && from < decided.From));
        return other is { Decision: { } earlier }
            ? string.Create(CultureInfo.InvariantCulture, $"In case {other.Id} it was decided that district {earlier.District} has the student from {earlier.From:yyyy-MM-dd}, which contradicts this: decide for a district and a day that fit both.")
            : null;
    }

    public static MovementCase Decided(this MovementCase item, CaseDecision decision) =>
        item.With(new CaseLine(decision.At, decision.By, null, decision.Reason)) with { Status = CaseStatus.DecidedByState, Decision = decision };

    public static string? WhyNoWithdrawal(this MovementCase item) => item.IsPending ? null : "The case is closed.";

    public static MovementCase Withdrawn(this MovementCase item, string reason, string by, DateTimeOffset at) => item.With(new CaseLine(at, by, null, reason)) with { Status = CaseStatus.Withdrawn };
}
