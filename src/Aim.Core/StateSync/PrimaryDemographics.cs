using Aim.Identity;
using Aim.Records;
using Aim.State;

namespace Aim.StateSync;

/// <summary>
/// Which district's word about a child counts where only one can: the one with the primary enrollment that is open, or else started
/// last. The choice depends on the records alone, not on who synced first.
/// </summary>
public static class PrimaryDemographics
{
    public static Contribution? ContributionOf(StudentRecord record) =>
        record.Contributions.Count == 1 ? record.Effective[0] : record.Effective
            .Where(contribution => contribution.Sections.Any(section => section.Type == RecordTypes.Student))
            .OrderByDescending(Rank)
            .ThenBy(contribution => contribution.District.Value, StringComparer.Ordinal).ThenBy(contribution => contribution.LocalId, StringComparer.Ordinal)
            .FirstOrDefault();

    public static Person? PersonOf(StudentRecord record) =>
        ContributionOf(record)?.Sections.FirstOrDefault(section => section.Type == RecordTypes.Student) is { } section
            ? Person.Of(record.StateId, RecordTypes.Student.Read(section.Content.Span))
            : null;

    private static (bool IsOpen, DateOnly Start) Rank(Contribution contribution) => contribution.Sections
        .Where(section => section.Type == RecordTypes.Enrollment)
        .Select(section => RecordTypes.Enrollment.Read(section.Content.Span))
        .Where(enrollment => enrollment.IsPrimary && enrollment.NoShow != true)
        .Select(enrollment => (enrollment.EndDate is null, enrollment.StartDate ?? DateOnly.MinValue))
        .DefaultIfEmpty((false, DateOnly.MinValue))
        .Max();
}
