using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Movement;
using Aim.Ports;
using Aim.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Movement;

/// <summary>A student's way through the state's districts, as the caller may see it.</summary>
public sealed record MovementView(StateId StateId, IReadOnlyList<StayView> Enrollments, IReadOnlyList<MoveView> Moves);

/// <summary>An enrollment; of another district's only number and dates, and only next to one of the caller's own.</summary>
public sealed record StayView(DistrictId District, SchoolYear Year, DateOnly Start, DateOnly? End, string? School, string? Grade, string? ServiceType, string? StartStatus, string? EndStatus, bool? NeverCame);

/// <summary>A move, from a district, into one, or both.</summary>
public sealed record MoveView(DateOnly Date, MoveKind Kind, DistrictId? From, DistrictId? To);

internal static class MovementEndpoints
{
    public static void MapMovement(this IEndpointRouteBuilder api) =>
        api.MapGet("/students/{stateId}/movement", FindAsync).WithTags("Movement").WithSummary("The student's enrollments in all districts and years in order, and what each move was")
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Ok<MovementView>> FindAsync(StateId stateId, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        var records = await platform.Ports.State.FindYearsAsync(stateId, cancellation);
        if (records.Count == 0 || !caller.SeesState && !records.Any(record => record.Districts.Any(caller.MayRead))) throw RequestException.NotFound("There is no such student, or not one you may see.");
        await context.LogReadAsync(platform, stateId, "movement", cancellation);
        return TypedResults.Ok(View(EnrollmentHistory.Of(stateId, records), caller));
    }

    private static MovementView View(EnrollmentHistory history, Caller caller)
    {
        var entries = history.Entries;
        var shown = entries.Where((entry, i) => caller.MayRead(entry.District) || i > 0 && caller.MayRead(entries[i - 1].District) || i + 1 < entries.Count && caller.MayRead(entries[i + 1].District));
        var moves = Move.Of(history).Where(move => move.From is { } from && caller.MayRead(from.District) || move.To is { } to && caller.MayRead(to.District));
        return new MovementView(history.Student, [.. shown.Select(entry => View(entry, caller))], [.. moves.Select(move => new MoveView(move.Date, KindOf(move, caller), move.From?.District, move.To?.District))]);
    }

    /// <summary>Whether a child comes back after an exit is in the end status that the other district gave, which is not for all to see.</summary>
    private static MoveKind KindOf(Move move, Caller caller) => move.From is { } from && !caller.MayRead(from.District) ? MoveKind.TransferBetweenDistricts : move.Kind;

    private static StayView View(HistoryEntry entry, Caller caller) => !caller.MayRead(entry.District)
        ? new(entry.District, entry.Year, entry.Start, entry.End, null, null, null, null, null, null)
        : new(entry.District, entry.Year, entry.Start, entry.End, entry.Enrollment.SchoolNumber, entry.Enrollment.Grade, entry.Enrollment.ServiceType,
            entry.Enrollment.StartStatus, entry.Enrollment.EndStatus, entry.NeverCame);
}
