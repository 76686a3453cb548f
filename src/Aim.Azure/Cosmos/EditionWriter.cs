using Aim.Editions;
using Microsoft.Azure.Cosmos;

namespace Aim.Azure.Cosmos;

/// <summary>Row count and digest of an edition as changes go by.</summary>
internal sealed class EditionTotals(long rows, EditionDigest digest)
{
    public long Rows { get; private set; } = rows;
    public EditionDigest Digest { get; private set; } = digest;

    public void Add(EditionChange change)
    {
        if (change.Before is { } before) Digest = Digest.Subtract(HashOf(change.LocalId, before));
        if (change.After is { } after) Digest = Digest.Add(HashOf(change.LocalId, after));
        Rows += (change.After is null ? 0 : 1) - (change.Before is null ? 0 : 1);
    }

    private static UInt128 HashOf(string localId, EditionRow row) => EditionDigest.HashOf(localId, row.Type, row.Key, row.Content.Span);
}

/// <summary>Writes the rows of a load under its number. Writing a row twice is writing it once.</summary>
internal sealed class EditionWriter(CosmosTable table)
{
    private const int AtOnce = 32;
    private const int AtOnceInBulk = 256;

    /// <summary>Changes up to this many are written one by one; a bulk request waits to be filled.</summary>
    private const int Few = 500;

    public async Task<EditionTotals> WriteAsync(EditionKey edition, OpenLoad load, LoadsInView view, IAsyncEnumerator<EditionChange> source, EditionTotals totals, CancellationToken cancellation)
    {
        var first = new List<EditionChange>();
        var more = true;
        do
        {
            totals.Add(source.Current);
            first.Add(source.Current);
        }
        while (first.Count <= Few && (more = await source.MoveNextAsync()));
        var inBulk = first.Count > Few;
        await Parallel.ForEachAsync(more ? Rest(first, source, totals) : first.ToAsyncEnumerable(), Parallelism(inBulk, cancellation),
            async (change, token) => await WriteAsync(edition, load, view, change, inBulk, token));
        return totals;
    }

    private static ParallelOptions Parallelism(bool inBulk, CancellationToken cancellation) => new() { MaxDegreeOfParallelism = inBulk ? AtOnceInBulk : AtOnce, CancellationToken = cancellation };

    private static async IAsyncEnumerable<EditionChange> Rest(List<EditionChange> first, IAsyncEnumerator<EditionChange> source, EditionTotals totals)
    {
        foreach (var change in first) yield return change;
        while (await source.MoveNextAsync())
        {
            totals.Add(source.Current);
            yield return source.Current;
        }
    }

    private async Task WriteAsync(EditionKey edition, OpenLoad load, LoadsInView view, EditionChange change, bool inBulk, CancellationToken cancellation)
    {
        var row = change.Row;
        var state = new RowState(load.Number, load.BaseVersion + 1, RowContent.Of(change.After));
        // A new row is hardly ever there already, and is written without looking.
        if (change.Before is null && await table.CreateAsync("write row", edition.ToString(), RowItem.Of(edition, change.LocalId, row.Type, row.Key, state), cancellation, inBulk) == CosmosWrite.Written) return;
        var id = RowItem.IdOf(change.LocalId, row.Type, row.Key);
        while (true)
        {
            var stored = await table.FindAsync<RowItem>("find row", edition.ToString(), id, cancellation);
            if (stored is null && await table.CreateAsync("write row", edition.ToString(), RowItem.Of(edition, change.LocalId, row.Type, row.Key, state), cancellation, inBulk) == CosmosWrite.Written) return;
            if (stored is { } present && await PutAsync(present, state, view, inBulk, cancellation)) return;
        }
    }

    private async Task<bool> PutAsync(Stored<RowItem> stored, RowState state, LoadsInView view, bool inBulk, CancellationToken cancellation)
    {
        if (stored.Item.States.Any(other => other.Load == state.Load)) return true;
        var item = stored.Item.With(state, view);
        return await table.ReplaceAsync("write row", item.Edition, item.Id, stored.ETag, item, cancellation, inBulk) == CosmosWrite.Written;
    }

    /// <summary>Puts every row that a load has touched back to what it was before, under a number of its own.</summary>
    public async Task UndoAsync(EditionKey edition, OpenLoad load, LoadsInView view, UndoPoint undo, CancellationToken cancellation)
    {
        QueryDefinition After(string id) =>
            new QueryDefinition("SELECT * FROM c WHERE c.version >= @version AND c.id > @after ORDER BY c.id").WithParameter("@version", undo.Version).WithParameter("@after", id);
        var touched = table.QueryAsync<RowItem>("find rows to undo", edition.ToString(), EditionReader.BeforeRows, After, item => item.Id, cancellation);
        await Parallel.ForEachAsync(touched, Parallelism(false, cancellation), async (found, token) =>
        {
            var stored = new Stored<RowItem>(found, found.ETag!);
            while (true)
            {
                var visible = stored.Item.States.Where(state => view.Sees(state.Load)).ToList();
                if (visible.Count == 0 || visible[0].Load != undo.Load) return;
                if (await PutAsync(stored, new RowState(load.Number, load.BaseVersion + 1, visible.Count > 1 ? visible[1].Row : null), view, false, token)) return;
                stored = (await table.FindAsync<RowItem>("find row", edition.ToString(), stored.Item.Id, token))!.Value;
            }
        });
    }
}
