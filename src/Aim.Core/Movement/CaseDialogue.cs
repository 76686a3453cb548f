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
        { IsOverlap: false } when reply.Answer == CaseAnswer.EndOn => "There is no enrollment to end: say Keep, WillCorrect or NotOurStudent.",
        _ when reply.Answer == CaseAnswer.EndOn != reply.EndDate is not null => "Give the end date with EndOn, and only with it.",
        _ when reply.EndDate < item.Sides.First(side => side.District == district).Start => "The end date is before the start of the enrollment.",
        _ => null,
    };

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

    public static MovementCase Decided(this MovementCase item, CaseDecision decision) =>
        item.With(new CaseLine(decision.At, decision.By, null, decision.Reason)) with { Status = CaseStatus.DecidedByState, Decision = decision };

    public static string? WhyNoWithdrawal(this MovementCase item) => item.IsPending ? null : "The case is closed.";

    public static MovementCase Withdrawn(this MovementCase item, string reason, string by, DateTimeOffset at) => item.With(new CaseLine(at, by, null, reason)) with { Status = CaseStatus.Withdrawn };
}
