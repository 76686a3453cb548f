using System.Runtime.CompilerServices;
using Aim.Editions;
using Aim.Ports;
using Microsoft.Azure.Cosmos;

namespace Aim.Azure.Cosmos;

/// <summary>
/// Reads editions while loads go on. A student is shown as of the head that was read before the student's first row, so that no load splits one. The
/// state that was visible then is still there, unless two further loads have ended in between: then the student is read again.
/// </summary>
internal sealed class EditionReader(CosmosTable table)
{
    /// <summary>Lower than the id of any row, higher than those of head and notes.</summary>
    public const string BeforeRows = "#";

    private const int IdsAQuery = 100;

    /// <summary>Up to this share of an edition's rows, changed students are looked up; beyond it the edition is scanned.</summary>
    private const double LookUpShare = 0.05;

    private const int AlwaysLookUp = 200;

    private sealed record Read(string LocalId, LoadsInView View, List<RowItem> Items);

    public async IAsyncEnumerable<EditionStudent> ReadAsync(EditionKey edition, EditionSelection selection, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (await HeadAsync(edition, cancellation) is not { } head) yield break;
        await foreach (var read in CandidatesAsync(edition, head, selection, cancellation))
        {
            var student = await ShowAsync(edition, read, selection.ChangedAfter, cancellation);
            if (student is not null) yield return student;
        }
    }

    private async Task<HeadItem?> HeadAsync(EditionKey edition, CancellationToken cancellation) => (await table.FindAsync<HeadItem>("read head", edition.ToString(), HeadItem.HeadId, cancellation))?.Item;

    private async IAsyncEnumerable<Read> CandidatesAsync(EditionKey edition, HeadItem head, EditionSelection selection, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (selection.LocalIds is { } ids)
        {
            await foreach (var read in LookUpAsync(edition, ids.Where(id => selection.AfterLocalId is not { } after || Utf8Order.Compare(id, after) > 0), cancellation)) yield return read;
            yield break;
        }
        if (selection.ChangedAfter is > 0 and var version)
        {
            var changed = await ChangedAsync(edition, head, version, selection.AfterLocalId, cancellation);
            if (changed is not null)
            {
                await foreach (var read in LookUpAsync(edition, changed, cancellation)) yield return read;
                yield break;
            }
        }
        await foreach (var read in ScanAsync(edition, After(selection.AfterLocalId), null, cancellation)) yield return read;
    }

    private static string After(string? localId) => localId is null ? BeforeRows : ItemId.Under(localId).Below;

    /// <summary>Local ids of rows that a later version may have written, in order; null when they are so many that a scan is cheaper.</summary>
    private async Task<IReadOnlyList<string>?> ChangedAsync(EditionKey edition, HeadItem head, long version, string? afterLocalId, CancellationToken cancellation)
    {
        QueryDefinition Next(string id) => new QueryDefinition("SELECT c.id, c.localId FROM c WHERE c.version > @version AND c.id > @after ORDER BY c.id").WithParameter("@version", version).WithParameter("@after", id);
        var most = Math.Max(AlwaysLookUp, head.RowCount * LookUpShare);
        var changed = new List<string>();
        await foreach (var item in table.QueryAsync<RowName>("find changes", edition.ToString(), After(afterLocalId), Next, item => item.Id, cancellation))
        {
            if (changed.Count > 0 && changed[^1] == item.LocalId) continue;
            if (changed.Count >= most) return null;
            changed.Add(item.LocalId);
        }
        return changed;
    }

    private sealed record RowName(string Id, string LocalId);

    private async IAsyncEnumerable<Read> LookUpAsync(EditionKey edition, IEnumerable<string> localIds, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var chunk in localIds.Chunk(IdsAQuery))
        {
            await foreach (var read in ScanAsync(edition, BeforeRows, chunk, cancellation)) yield return read;
        }
    }

    /// <summary>Students in order, all of them or those named, each with the view that was taken before the first of its rows.</summary>
    private async IAsyncEnumerable<Read> ScanAsync(EditionKey edition, string after, IReadOnlyList<string>? localIds, [EnumeratorCancellation] CancellationToken cancellation)
    {
        QueryDefinition Next(string id)
        {
            var query = new QueryDefinition($"SELECT * FROM c WHERE c.id > @after{Among(localIds)} ORDER BY c.id").WithParameter("@after", id);
            for (var i = 0; i < localIds?.Count; i++) query = query.WithParameter($"@id{i}", localIds[i]);
            return query;
        }

        var view = (await HeadAsync(edition, cancellation))?.View;
        Read? current = null;
        await foreach (var page in table.PagesAsync<RowItem>("read rows", edition.ToString(), after, Next, item => item.Id, cancellation))
        {
            foreach (var item in page)
            {
                if (current?.LocalId != item.LocalId)
                {
                    if (current is not null) yield return current;
                    current = new Read(item.LocalId, view!, []);
                }
                current.Items.Add(item);
            }
            view = (await HeadAsync(edition, cancellation))!.View;
        }
        if (current is not null) yield return current;
    }

    private static string Among(IReadOnlyList<string>? localIds) => localIds is null ? "" : $" AND c.localId IN ({string.Join(", ", Enumerable.Range(0, localIds.Count).Select(i => $"@id{i}"))})";

    /// <summary>The student as its view shows it; null when there is nothing to show.</summary>
    private async Task<EditionStudent?> ShowAsync(EditionKey edition, Read read, long? changedAfter, CancellationToken cancellation)
    {
        while (read.Items.Any(item => MayHaveBeenDropped(item, read.View)) && (await HeadAsync(edition, cancellation))!.View is var view && view.Newest != read.View.Newest)
        {
            if (await ScanAsync(edition, BeforeRows, [read.LocalId], cancellation).FirstOrDefaultAsync(cancellation) is { } again) read = again;
        }
        var seen = read.Items.Select(item => (Item: item, State: item.States.FirstOrDefault(state => read.View.Sees(state.Load)))).Where(item => item.State is not null).ToList();
        if (changedAfter is { } version && seen.All(item => item.State!.Version <= version)) return null;
        IReadOnlyList<EditionRow> rows = [.. seen.Select(item => item.Item.ToRow(item.State)).OfType<EditionRow>()];
        return rows.Count > 0 || changedAfter is not null ? new EditionStudent(read.LocalId, rows) : null;
    }

    private static bool MayHaveBeenDropped(RowItem item, LoadsInView view) => item.States.Count > 1 && !item.States.Any(state => view.Sees(state.Load));
}
