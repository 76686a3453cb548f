using System.Globalization;
using System.Text;

namespace Aim.CosmosGateway;

/// <summary>
/// The change feed in its latest-version mode: of each item the version it has now, by range in the order of commits. A page never parts
/// what one transaction wrote.
/// </summary>
internal sealed class ChangeFeed(Container container)
{
    private const int DefaultPage = 100;

    public Reply Read(QueryScope scope, string? ifNoneMatch, int maxItems)
    {
        var after = ifNoneMatch switch
        {
            null => 0,
            _ when long.TryParse(ifNoneMatch.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var lsn) => lsn,
            _ => throw RefusedException.Unsupported($"the change feed from {ifNoneMatch}"),
        };
        var (page, most) = (new List<Item>(), maxItems > 0 ? maxItems : DefaultPage);
        foreach (var item in scope.Range.After(after))
        {
            if (page.Count >= most && item.Lsn != page[^1].Lsn) break;
            if (scope.Includes(item.Key)) page.Add(item);
        }
        if (page.Count == 0) return Reply.Empty(StatusCodes.Status304NotModified, Charges.Feed([])).With("ETag", ETag(scope.Range.Lsn)).With(Header.ItemCount, "0");
        return new Reply(StatusCodes.Status200OK, Feeds.Write(container.Rid, page.Select(item => Encoding.UTF8.GetBytes(Documents.WithLsn(item).ToJsonString()))), Charges.Feed(page.Select(item => item.Json.Length)))
            .With("ETag", ETag(page[^1].Lsn)).With(Header.ItemCount, Documents.Text(page.Count));
    }

    private static string ETag(long lsn) => $"\"{Documents.Text(lsn)}\"";
}
