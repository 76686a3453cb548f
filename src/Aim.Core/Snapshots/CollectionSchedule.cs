using Aim.Organizations;
using Aim.Records;
using Aim.Rules;
using Aim.Workflows;

namespace Aim.Snapshots;

/// <summary>A collection of a school year that is frozen when its window closes.</summary>
/// <param name="Name">Names the snapshot.</param>
/// <param name="CountDay">The day that counts go by.</param>
/// <param name="Closes">Last day on which districts may correct.</param>
public sealed record CollectionWindow(string Name, SchoolYear Year, DateOnly CountDay, DateOnly Closes)
{
    /// <summary>
    /// The collections that end in a freeze. Count days are law (MCA 20-9-311); the last days of the windows are those announced for 2025, and
    /// the state office decides them every year.
    /// </summary>
    public static IReadOnlyList<CollectionWindow> Of(SchoolYear year) =>
    [
        new($"fall-{year}", year, Ages.FallCountDay(year), new DateOnly(year.EndYear - 1, 10, 22)),
        new($"spring-{year}", year, Ages.SpringCountDay(year), new DateOnly(year.EndYear, 2, 14)),
        new($"year-end-{year}", year, new DateOnly(year.EndYear, 5, 15), new DateOnly(year.EndYear, 6, 30)),
    ];
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
        foreach (var collection in DueOn(today))
        {
            if (await references.FindAsync(collection.Year, cancellation) is null) continue;
            var input = new SnapshotInput(collection.Name, collection.Year, collection.CountDay, "collection-calendar");
            if (await workflows.StartAsync<SnapshotWorkflow, SnapshotInput, SnapshotManifest>(SnapshotWorkflow.InstanceOf(collection.Name), input, cancellation)) started.Add(collection);
        }
        return started;
    }

    internal static IEnumerable<CollectionWindow> DueOn(DateOnly today) => new[] { today.Year, today.Year + 1 }
        .SelectMany(year => CollectionWindow.Of(new SchoolYear(year)))
        .Where(collection => collection.Closes < today && today.DayNumber - collection.Closes.DayNumber <= DaysOfGrace);
}
