using System.Globalization;
using Aim.Api.Callers;
using Aim.Api.Problems;
using Aim.Editions;
using Aim.Entry;
using Aim.Records;
using Aim.StateSync;
using Aim.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Aim.Api.Entry;

/// <summary>How many of a push's changes did what.</summary>
public sealed record ChangeCounts(int Added, int Changed, int Unchanged, int Removed, int LeftOut, int NotThere);

/// <summary>How a push stands.</summary>
/// <param name="IsRepeated">The very same came before under this number.</param>
/// <param name="Missing">The number that it waits for.</param>
/// <param name="Version">The edition's version after it was applied.</param>
/// <param name="IsSynced">The state's records have all of it.</param>
/// <param name="Reports">The changes that were left out, or about which something was found.</param>
/// <param name="Waiting">Why the state's records haven't got all of it yet; null when they have, and before it was applied.</param>
/// <param name="Skipped">Who left it out; null when nobody did.</param>
/// <param name="Withdrawn">Who withdrew what came under the number before; told when the push is asked for.</param>
public sealed record ChangeSetView(
    long Sequence, PushState State, bool IsRepeated, string Sentence, long? Missing, long? Version, bool? IsSynced, ChangeCounts? Counts, IReadOnlyList<ChangeReport> Reports, string Status, WaitReason? Waiting = null,
    PushDecision? Skipped = null, IReadOnlyList<PushDecision>? Withdrawn = null);

/// <summary>Changes that a district's own system pushes in one request, in the order of their numbers.</summary>
internal static class ChangeEndpoints
{
    /// <summary>What comes before it is applied in the same request; what takes longer goes on without it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static void MapChangeSets(this IEndpointRouteBuilder api)
    {
        var changes = api.MapGroup("/editions/{district}/{year}/changes").WithTags("Entry");
        changes.MapPut("/", PushAsync).WithSummary("Push changes of the edition under the next number").WithMetadata(new NoRequestLimit()).Accepts<ChangeSet>(MediaTypes.Json)
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status413PayloadTooLarge);
        changes.MapGet("/{sequence}", FindAsync).WithSummary("How a push stands, with what was found in each change").ProducesProblem(StatusCodes.Status404NotFound);
        changes.MapDelete("/{sequence}", WithdrawAsync).WithSummary("Withdraw a push or a pushed file that waits for an earlier number").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Accepted<ChangeSetView>> PushAsync(DistrictId district, SchoolYear year, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustSend(district);
        var edition = new EditionKey(district, year);
        var body = await ReadAsync(context.Request, cancellation);
        var (set, problem) = ChangeSet.Read(body, year);
        if (set is null) throw RequestException.Invalid(problem!);
        if (await platform.Entry.RefusalAsync(edition, cancellation) is { } refusal) throw RequestException.Conflict(refusal);
        var received = await platform.Pushed.ReceiveAsync(edition, set.Sequence, body, cancellation);
        if (received.Receipt == PushReceipt.Refused) throw RequestException.Conflict(received.Reason!);
        await DrainAsync(platform, edition, cancellation);
        var view = await ViewAsync(platform, edition, set.Sequence, received.Receipt == PushReceipt.Repeated, cancellation);
        return TypedResults.Accepted(view.Status, view);
    }

    private static async Task DrainAsync(AimPlatform platform, EditionKey edition, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(Patience, platform.Ports.Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            await platform.Pushed.DrainAsync(edition, both.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // It is noted; the rounds in the background go on with it.
        }
    }

    private static async Task<Ok<ChangeSetView>> FindAsync(DistrictId district, SchoolYear year, long sequence, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        context.Caller().MustRead(district);
        var view = await ViewAsync(platform, new EditionKey(district, year), sequence, isRepeated: false, cancellation);
        if (view.State == PushState.Unknown) throw RequestException.NotFound(view.Sentence);
        if (view.Reports.Count > 0) await context.LogExportAsync(platform, $"findings of push {sequence} of district {district} in {year}", cancellation);
        return TypedResults.Ok(view with { Withdrawn = await platform.Pushed.ListWithdrawnAsync(new EditionKey(district, year), sequence, cancellation) });
    }

    private static async Task<NoContent> WithdrawAsync(DistrictId district, SchoolYear year, long sequence, HttpContext context, AimPlatform platform, CancellationToken cancellation)
    {
        var caller = context.Caller();
        caller.MustSend(district);
        var edition = new EditionKey(district, year);
        var withdrawal = await platform.Pushed.WithdrawAsync(edition, sequence, caller.Id, cancellation);
        if (withdrawal == PushWithdrawal.Withdrawn) return TypedResults.NoContent();
        var number = await platform.Pushed.FindNumberAsync(edition, sequence, cancellation);
        if (withdrawal == PushWithdrawal.NothingThere) throw RequestException.NotFound(number.Sentence);
        throw RequestException.Conflict($"Number {sequence} can't be withdrawn any more: its turn has come. {number.Sentence}");
    }

    private static async Task<ChangeSetView> ViewAsync(AimPlatform platform, EditionKey edition, long sequence, bool isRepeated, CancellationToken cancellation)
    {
        var number = await platform.Pushed.FindNumberAsync(edition, sequence, cancellation);
        var outcome = number.Push is { } push ? await platform.Pushed.FindOutcomeAsync(push, cancellation) : null;
        var isSynced = number.Push is { IsSynced: false, Version: var version } ? (await platform.Ports.Editions.GetHeadAsync(edition, cancellation)).SyncedVersion >= version : number.Push?.IsSynced;
        // Of what was not accepted nothing waits.
        var waiting = number.State == PushState.Rejected ? null : isSynced switch { null => null, false => WaitReason.NotSynced, true => await platform.StateWaits.FindAsync(edition, outcome?.Students ?? [], cancellation) };
        var sentence = waiting is { } reason ? $"{number.Sentence} {StateWaits.Sentence("Some of it", reason)}" : number.Sentence;
        return new ChangeSetView(sequence, number.State, isRepeated, sentence, number.Missing, number.Push?.Version, isSynced is null ? null : waiting is null,
            outcome is null ? null : new ChangeCounts(outcome.Added, outcome.Changed, outcome.Unchanged, outcome.Removed, outcome.LeftOut, outcome.NotThere), outcome?.Reports ?? [],
            string.Create(CultureInfo.InvariantCulture, $"{AimApi.Prefix}/editions/{edition.District}/{edition.Year}/changes/{sequence}"), waiting, number.Skipped);
    }

    /// <summary>The body, as far as one may be long.</summary>
    private static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = await request.Body.ReadAsync(buffer, cancellation)) > 0;)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > ChangeSet.MostBytes)
                throw new RequestException(StatusCodes.Status413PayloadTooLarge, "Too large", $"A push has at most {ChangeSet.MostBytes} bytes: send it in parts, each under a number of its own.");
        }
        return bytes.ToArray();
    }
}
