namespace Aim.CosmosGateway;

/// <summary>
/// What requests cost, by the charges the service publishes: 1 unit for a point read of 1 KB and 10 for one of 100 KB; 5 units to insert 1 KB and
/// 50 for 100 KB; a replace costs twice an insert, and strongly consistent reads twice as much as others. What it does not publish is assumed: a
/// tenth of a unit for each indexed path of a write, 2.3 units for a query on one partition before it reads anything, and for each item a
/// query returns a third of its point read.
/// </summary>
public static class Charges
{
    private const double Kilobyte = 1024;
    private const double ReadFirst = 1, ReadMore = 9.0 / 99;
    private const double WriteFirst = 5, WriteMore = 45.0 / 99;
    private const double StrongReads = 2;
    private const double IndexedPath = 0.1;
    private const double QueryBase = 2.3;
    private const double QueriedItem = 1.0 / 3;

    public static double Read(int bytes) => Round(StrongReads * BySize(bytes, ReadFirst, ReadMore));

    /// <summary>A read that finds nothing costs as much as the smallest that does.</summary>
    public static double Missed => StrongReads * ReadFirst;

    public static double Insert(int bytes, int indexedPaths) => Round(BySize(bytes, WriteFirst, WriteMore) + IndexedPath * indexedPaths);

    public static double Replace(int bytes, int indexedPaths) => 2 * Insert(bytes, indexedPaths);

    public static double Delete(int bytes, int indexedPaths) => Insert(bytes, indexedPaths);

    public static double Query(IEnumerable<int> returned) => Round(QueryBase + returned.Sum(bytes => QueriedItem * StrongReads * BySize(bytes, ReadFirst, ReadMore)));

    /// <summary>The change feed is charged as reading what it returns, and a unit for a look that finds nothing new.</summary>
    public static double Feed(IEnumerable<int> returned) => Round(StrongReads * (ReadFirst + returned.Sum(bytes => QueriedItem * BySize(bytes, ReadFirst, ReadMore))));

    private static double BySize(int bytes, double first, double more) => first + more * Math.Max(0, bytes / Kilobyte - 1);

    private static double Round(double units) => Math.Round(units, 2);
}
