using System.Globalization;
using Aim.Organizations;
using Aim.Records;
using Aim.Rules;
using Aim.Workflows;

namespace Aim.Snapshots;

/// <summary>A collection of a school year that is frozen when its window closes.</summary>
/// <param name="Collection">One of <see cref="CollectionName"/>.</param>
/// <param name="Name">Names the snapshot.</param>
/// <param name="CountDay">The day that counts go by.</param>
/// <param name="Closes">Last day on which districts may correct.</param>
public sealed record CollectionWindow(string Collection, string Name, SchoolYear Year, DateOnly CountDay, DateOnly Closes)
{
    /// <summary>True when the law gives the count day (MCA 20-9-311). Rules and districts' counts go by that day, so that a freeze can't go by another.</summary>
    public bool IsCountDayLaw => Collection != CollectionName.EndOfYear;

    /// <summary>
    /// The collections that end in a freeze, as they are where the state office has set nothing. The last days of the windows and the count day of the end of the year are those announced
    /// for 2025, for want of better ones: the state office decides them every year, and sets them in the year's reference data.
    /// </summary>
    public static IReadOnlyList<CollectionWindow> DefaultsOf(SchoolYear year) =>
    [
        new(CollectionName.FallCount, $"fall-{year}", year, Ages.FallCountDay(year), new DateOnly(year.EndYear - 1, 10, 22)),
        new(CollectionName.SpringCount, $"spring-{year}", year, Ages.SpringCountDay(year), new DateOnly(year.EndYear, 2, 14)),
        new(CollectionName.EndOfYear, $"year-end-{year}", year, new DateOnly(year.EndYear, 5, 15), new DateOnly(year.EndYear, 6, 30)),
    ];

    /// <summary>The collections of a year that end in a freeze, with the days that the state office has set.</summary>
    public static IReadOnlyList<CollectionWindow> Of(ReferenceData reference) =>
        [.. DefaultsOf(reference.Year).Select(window => reference.Collections?.TryGetValue(window.Collection, out var set) == true ? window.With(set) : window)];

    /// <summary>Why these days can't be set, as a sentence that says what to do; null when they can.</summary>
    public string? ProblemOf(CollectionDays days)
    {
        var (first, last) = (new DateOnly(Year.EndYear - 1, 7, 1), new DateOnly(Year.EndYear, 6, 30));
        // Late enough for a window that ends after the school year, early enough to notice a year that was mistyped, and within the calendar year in which the schedule looks for it.
        var latest = new DateOnly(Year.EndYear, 9, 30);
        var set = With(days);
        if (days.CountDay is not null && IsCountDayLaw) return $"The count day of {Collection} is the law's, {Text(CountDay)}, and can't be set. Leave CountDay empty.";
        if (set.CountDay < first || set.CountDay > last) return $"CountDay is {Text(set.CountDay)}, which is not in the school year {Year.Span}. Give a day from {Text(first)} to {Text(last)}.";
        if (set.Closes < set.CountDay) return $"Closes is {Text(set.Closes)}, which is before the count day, {Text(set.CountDay)}. Correct it.";
        return set.Closes > latest ? $"Closes is {Text(set.Closes)}, and no window of the school year {Year.Span} can close after {Text(latest)}. Correct it." : null;

        static string Text(DateOnly day) => day.ToString("MM/dd/yyyy", CultureInfo.InvariantCulture);
    }

    private CollectionWindow With(CollectionDays days) => this with { CountDay = days.CountDay ?? CountDay, Closes = days.Closes };
}

/// <summary>Takes the snapshots of the collection calendar. Harmless when repeated: a snapshot's name is used once.</summary>
public sealed class CollectionSchedule(IWorkflowClient workflows, ReferenceLibrary references)
{
    /// <summary>How long after its window a collection is still frozen, should the system have been down; later ones are a person's decision.</summary>
    private const int DaysOfGrace = 7;

    /// <summary>Starts what is due on a day of the state's calendar, and says which.</summary>
    public async Task<IReadOnlyList<CollectionWindow>> StartDueAsync(DateOnly today, CancellationToken cancellation)
    {
        var started = new List<CollectionWindow>();
        foreach (var collection in await DueOnAsync(today, cancellation))
        {
            var input = new SnapshotInput(collection.Name, collection.Year, collection.CountDay, "collection-calendar");
            if (await workflows.StartAsync<SnapshotWorkflow, SnapshotInput, SnapshotManifest>(SnapshotWorkflow.InstanceOf(collection.Name), input, cancellation)) started.Add(collection);
        }
        return started;
    }

    /// <summary>Of the two school years that a calendar year has days of; one without reference data has no collections.</summary>
    private async Task<IReadOnlyList<CollectionWindow>> DueOnAsync(DateOnly today, CancellationToken cancellation)
    {
        var due = new List<CollectionWindow>();
        foreach (var year in new[] { new SchoolYear(today.Year), new SchoolYear(today.Year + 1) })
        {
            if (await references.FindAsync(year, cancellation) is not { } reference) continue;
            due.AddRange(CollectionWindow.Of(reference.Data).Where(collection => collection.Closes < today && today.DayNumber - collection.Closes.DayNumber <= DaysOfGrace));
        }
        return due;
    }
}
