using Aim.Api.Callers;
using Aim.Ports;
using Aim.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Events;

/// <summary>A page of changes, and where the next one starts.</summary>
public sealed record ChangePage(IReadOnlyList<ChangeNotice> Changes, string Cursor, bool HasMore);

internal static class EventEndpoints
{
    public static void MapEvents(this IEndpointRouteBuilder api) =>
        api.MapGet("/changes", ListAsync).WithTags("Changes").WithSummary("What changed in student records since a cursor; in order for each student, at least once");

    private static async Task<Ok<ChangePage>> ListAsync([AsParameters] PageRequest page, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        var changes = await ReadAsync(platform.Ports.State, page, cancellation);
        // A district hears of its own students; the cursor moves on past the others.
        var visible = changes.Changes.Where(change => caller.SeesState || change.Districts.Any(caller.MayRead)).Select(change => ChangeNotice.Of(change) with { Districts = [.. change.Districts.Where(caller.MayRead)] }).ToList();
        return TypedResults.Ok(new ChangePage(visible, changes.Cursor, changes.HasMore));
    }

    private static async Task<StateChanges> ReadAsync(IStateStore state, PageRequest page, CancellationToken cancellation)
    {
        try
        {
            return await state.ReadChangesAsync(page.After, page.Size, cancellation);
        }
        catch (InvalidCursorException)
        {
            throw PageRequest.NoSuchCursor();
        }
    }
}
