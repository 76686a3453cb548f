using System.Text.Json.Serialization;
using Aim.Records;

namespace Aim.Movement;

/// <summary>How far a case is.</summary>
public enum CaseStatus
{
    /// <summary>At least one district has not answered.</summary>
    Open = 1,

    /// <summary>Every district has answered; what the records say has not changed.</summary>
    Answered = 2,

    /// <summary>The records agree by now.</summary>
    Resolved = 3,

    /// <summary>The state decided which district has the student.</summary>
    DecidedByState = 4,

    /// <summary>The state found that nothing is wrong.</summary>
    Withdrawn = 5,
}

/// <summary>What a district says about its own enrollment.</summary>
public enum CaseAnswer
{
    /// <summary>Our record is right.</summary>
    Keep = 1,

    /// <summary>We will end our enrollment on a day.</summary>
    EndOn = 2,

    /// <summary>We will correct our record.</summary>
    WillCorrect = 3,

    /// <summary>The record isn't about our student; our State ID is wrong.</summary>
    NotOurStudent = 4,
}

/// <summary>A line of a case's dialogue; both districts read all of it.</summary>
/// <param name="District">Whose word it is; null for the state's.</param>
/// <param name="By">The caller's id, or <c>aim</c> for what was noted by itself.</param>
/// <param name="Text">A comment or a reason.</param>
/// <param name="EndDate">With <see cref="CaseAnswer.EndOn"/>.</param>
/// <param name="Evidence">Key and name of a file that was put to the case.</param>
public sealed record CaseLine(DateTimeOffset At, string By, DistrictId? District, string? Text, CaseAnswer? Answer = null, DateOnly? EndDate = null, CaseEvidence? Evidence = null);

/// <summary>A file that a district put to a case. It is there once the file was put to its URL.</summary>
public sealed record CaseEvidence(string Key, string FileName);

/// <summary>What the state decided: from which day on the student is a district's.</summary>
public sealed record CaseDecision(DistrictId District, DateOnly From, string Reason, string By, DateTimeOffset At);

/// <summary>
/// Something that the records of one student say and that can't be so, put to the districts whose records say it. It is one case for as
/// long as the records say so, whatever is answered or decided; when they no longer do, and later do again, that is another case.
/// </summary>
public sealed record MovementCase
{
    public required string Id { get; init; }
    public required string Rule { get; init; }
    public required StateId Student { get; init; }
    public required SchoolYear Year { get; init; }

    /// <summary>First and last day of what is wrong, as the records say by now.</summary>
    public required DateOnly From { get; init; }

    /// <inheritdoc cref="From" />
    public required DateOnly To { get; init; }

    /// <summary>The districts that have to answer, by number: two for an overlap, one for an exit or for an overlap within the district, all that counted the student for a count.</summary>
    public required IReadOnlyList<FindingSide> Sides { get; init; }

    public required DateTimeOffset Opened { get; init; }

    /// <summary>The day until which the districts have to answer; after it, the state may decide.</summary>
    public required DateOnly Due { get; init; }

    public CaseStatus Status { get; init; } = CaseStatus.Open;

    /// <summary>When the records stopped saying so; null while they do.</summary>
    public DateTimeOffset? Gone { get; init; }

    public CaseDecision? Decision { get; init; }

    public IReadOnlyList<CaseLine> Lines { get; init; } = [];

    /// <summary>Whether somebody still has to do something.</summary>
    [JsonIgnore]
    public bool IsPending => Status is CaseStatus.Open or CaseStatus.Answered;

    /// <summary>Two districts have the student; else there is a row to correct.</summary>
    [JsonIgnore]
    public bool IsOverlap => Sides.Count > 1 && Rule != StateRules.CountRule;

    public bool Concerns(DistrictId district) => Sides.Any(side => side.District == district);

    public bool IsOverdue(DateOnly today) => Status == CaseStatus.Open && today > Due;

    /// <summary>The district's newest answer; null when it has given none.</summary>
    public CaseLine? AnswerOf(DistrictId district) => Lines.LastOrDefault(line => line.District == district && line.Answer is not null);

    /// <summary>Whether a finding is what this case is about: same rule, year and districts, at a time that touches the case's.</summary>
    public bool IsAbout(StateFinding finding) =>
        Gone is null && Rule == finding.Rule.Id && Year == finding.Year && HasSidesOf(finding)
        && finding.From <= To.AddDays(StateRules.DaysApart) && From <= finding.To.AddDays(StateRules.DaysApart);

    internal bool HasSidesOf(StateFinding finding) => Sides.Select(side => side.District).SequenceEqual(finding.Sides.Select(side => side.District));

    /// <summary>The case with what the records say by now.</summary>
    public MovementCase Seen(StateFinding finding) => this with { From = finding.From, To = finding.To, Sides = finding.Sides };

    /// <summary>The case once the records no longer say so. What the state decided stays decided.</summary>
    public MovementCase Ended(DateTimeOffset at) => this with
    {
        Gone = at, Status = IsPending ? CaseStatus.Resolved : Status, Lines = [.. Lines, new CaseLine(at, "aim", null, "The records agree.")],
    };
}
