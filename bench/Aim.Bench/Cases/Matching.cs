using System.Diagnostics;
using Aim.Identity.Matching;
using Aim.Records;
using Aim.TruthSets;
using DuckDB.NET.Data;

namespace Aim.Bench.Cases;

/// <summary>Who is who among a million people, and in two lists of a state's children.</summary>
internal static class Matching
{
    private const int Seed = 3;
    private const int LookupsARun = 100_000;

    /// <summary>The years that a million people of ten years' schools were born in.</summary>
    private const int FirstYear = 1990, Years = 30;

    public static Task NoPreparationAsync(BenchData _) => Task.CompletedTask;

    /// <summary>A truth set of which the left list are the known and the right one those who ask.</summary>
    private static TruthSet People(int count) => new(count, Seed, firstYear: FirstYear, years: Years);

    private static PersonIndex IndexOf(TruthSet set) => new(set.Left.Select((person, number) => (new StateId(100_000_000 + number), person)));

    private static readonly Dictionary<int, (TruthSet Set, PersonIndex Index)> Made = [];

    /// <summary>Kept for the next run in a process that goes on.</summary>
    private static (TruthSet Set, PersonIndex Index) Of(int people)
    {
        if (!Made.TryGetValue(people, out var made))
        {
            var set = People(people);
            Made[people] = made = (set, IndexOf(set));
        }
        return made;
    }

    public static Task<Outcome> LookUpAsync(int people)
    {
        var (set, index) = Of(people);
        var watch = Stopwatch.StartNew();
        var found = set.Right.Take(LookupsARun).AsParallel().Count(person => index.Find(person).Outcome is not null);
        var seconds = watch.Elapsed.TotalSeconds;
        return found > 0 ? Task.FromResult(new Outcome(Math.Min(LookupsARun, set.Right.Count), seconds)) : throw new InvalidDataException("Nobody was found.");
    }

    /// <summary>The least that any lookup does: name, birth date and gender as they are written, in a dictionary.</summary>
    public static Task<Outcome> LookUpExactlyAsync(int people)
    {
        var set = People(people);
        var known = new Dictionary<(string, string, int, string), int>();
        for (var i = 0; i < set.Left.Count; i++) known[KeyOf(set.Left[i])] = i;
        var watch = Stopwatch.StartNew();
        var found = set.Right.Take(LookupsARun).AsParallel().Count(person => known.ContainsKey(KeyOf(person)));
        var seconds = watch.Elapsed.TotalSeconds;
        return found > 0 ? Task.FromResult(new Outcome(Math.Min(LookupsARun, set.Right.Count), seconds)) : throw new InvalidDataException("Nobody was found.");
    }

    private static (string, string, int, string) KeyOf(PersonTraits person) =>
        ((person.Last ?? "").ToUpperInvariant(), (person.First ?? "").ToUpperInvariant(), person.Birth, person.Gender ?? "");

    /// <summary>Everybody against everybody for children with two State IDs.</summary>
    public static Task<Outcome> ScanAsync(int people)
    {
        var (set, index) = Of(people);
        var watch = Stopwatch.StartNew();
        index.FindDuplicates(CancellationToken.None);
        return Task.FromResult(new Outcome(set.Left.Count, watch.Elapsed.TotalSeconds));
    }

    /// <summary>
    /// DuckDB finding the pairs to compare, and no more: the same people joined on name and birth date in the five ways that most matchers use. It neither scores nor decides.
    /// </summary>
    public static Task<Outcome> JoinAsync(int people)
    {
        var set = People(people);
        using var database = new DuckDBConnection("Data Source=:memory:");
        database.Open();
        Execute(database, "SET threads = 2; CREATE TABLE person (id INTEGER, first VARCHAR, last VARCHAR, birth INTEGER, zip VARCHAR)");
        using (var rows = database.CreateAppender("person"))
        {
            for (var i = 0; i < set.Left.Count; i++)
                rows.CreateRow().AppendValue(i).AppendValue(set.Left[i].First).AppendValue(set.Left[i].Last).AppendValue(set.Left[i].Birth).AppendValue(set.Left[i].Postcode).EndRow();
        }
        var watch = Stopwatch.StartNew();
        using var command = database.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM ({string.Join(" UNION ", Joins.Select(join => $"SELECT a.id AS one, b.id AS other FROM person a JOIN person b ON {join} AND a.id < b.id"))})";
        using var row = command.ExecuteReader();
        row.Read();
        return Task.FromResult(new Outcome(set.Left.Count, watch.Elapsed.TotalSeconds));
    }

    private static readonly string[] Joins =
    [
        "a.birth = b.birth AND a.first[1] = b.first[1]", "a.birth = b.birth AND a.last[1] = b.last[1]", "a.first = b.first AND a.last = b.last",
        "a.last = b.last AND a.first[1] = b.first[1] AND a.birth // 10000 = b.birth // 10000", "a.zip = b.zip AND a.last = b.last AND a.first[1] = b.first[1]",
    ];

    private static void Execute(DuckDBConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Two lists of a state's children matched, as <c>aim identity evaluate</c> does it; fails where the bars for quality are missed.</summary>
    public static Task<Outcome> EvaluateAsync(int people)
    {
        var set = new TruthSet(people, Seed);
        var watch = Stopwatch.StartNew();
        var pairs = new PersonLinking(set.Left, set.Right).Run(CancellationToken.None).Pairs;
        var seconds = watch.Elapsed.TotalSeconds;
        var truth = set.Truth.ToHashSet();
        double wrong = pairs.Count(pair => pair.Outcome == MatchOutcome.Match && !truth.Contains((pair.Left, pair.Right))), found = pairs.Count(pair => truth.Contains((pair.Left, pair.Right)));
        double waiting = pairs.Where(pair => pair.Outcome == MatchOutcome.Review).Select(pair => pair.Left).Distinct().Count();
        if (wrong / set.Left.Count > 0.0005 || 1 - found / set.Truth.Count > 0.005 || waiting / set.Left.Count > 0.03)
            throw new InvalidDataException(FormattableString.Invariant($"{wrong} false matches, {set.Truth.Count - found} missed and {waiting} in review are more than the bars allow."));
        return Task.FromResult(new Outcome(set.Left.Count + set.Right.Count, seconds));
    }

    /// <summary>The join of equal names and birth dates, in DuckDB: what the two lists agree in without any matching.</summary>
    public static Task<Outcome> EvaluateByJoinAsync(int people)
    {
        var set = new TruthSet(people, Seed);
        using var database = new DuckDBConnection("Data Source=:memory:");
        database.Open();
        Execute(database, "SET threads = 2");
        foreach (var (name, list) in new[] { ("a", set.Left), ("b", set.Right) })
        {
            Execute(database, $"CREATE TABLE {name} (id INTEGER, first VARCHAR, last VARCHAR, birth INTEGER, zip VARCHAR)");
            using var rows = database.CreateAppender(name);
            for (var i = 0; i < list.Count; i++) rows.CreateRow().AppendValue(i).AppendValue(list[i].First).AppendValue(list[i].Last).AppendValue(list[i].Birth).AppendValue(list[i].Postcode).EndRow();
        }
        var watch = Stopwatch.StartNew();
        using var command = database.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM ({string.Join(" UNION ", Joins.Select(join => $"SELECT a.id AS one, b.id AS other FROM a JOIN b ON {join}"))})";
        using var row = command.ExecuteReader();
        row.Read();
        return Task.FromResult(new Outcome(set.Left.Count + set.Right.Count, watch.Elapsed.TotalSeconds));
    }
}
