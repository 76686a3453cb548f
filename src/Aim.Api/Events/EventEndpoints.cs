using System.Globalization;
using Aim.Api.Callers;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Events;

/// <summary>A page of changes, and where the next one starts.</summary>
public sealed record ChangePage(IReadOnlyList<ChangeView> Changes, string Cursor, bool HasMore);

/// <summary>A change of a student's record: ids only. An event read twice has the same id.</summary>
public sealed record ChangeView(string Id, StateId StateId, SchoolYear Year, long Version, DateTimeOffset At, IReadOnlyList<DistrictId> Districts, IReadOnlyList<string> RecordTypes);

internal static class EventEndpoints
{
    private const int MostChanges = 1000;

    public static void MapEvents(this IEndpointRouteBuilder api) =>
        api.MapGet("/changes", ListAsync).WithTags("Changes").WithSummary("What changed in student records since a cursor; in order for each student, at least once");

    private static async Task<Ok<ChangePage>> ListAsync(string? cursor, int? limit, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        var changes = await ReadAsync(platform.Ports.State, cursor, Math.Clamp(limit ?? MostChanges, 1, MostChanges), cancellation);
        // A district hears of its own students; the cursor moves on past the others.
        var visible = changes.Changes.Where(change => caller.SeesState || change.Districts.Any(caller.MayRead)).Select(change => View(change, caller)).ToList();
        return TypedResults.Ok(new ChangePage(visible, changes.Cursor, changes.HasMore));
    }

    private static async Task<StateChanges> ReadAsync(IStateStore state, string? cursor, int most, CancellationToken cancellation)
    {
        try
        {
            return await state.ReadChangesAsync(cursor, most, cancellation);
        }
        catch (InvalidCursorException)
        {
            throw RequestException.Invalid("Give the cursor of an earlier page, or none to start at the beginning.");
        }
    }

    private static ChangeView View(StateChange change, Caller caller) => new(
        change.Id.ToString("x32", CultureInfo.InvariantCulture), change.StateId, change.Year, change.Version, change.Stamp, [.. change.Districts.Where(caller.MayRead)], change.Sections);
}
