using System.Diagnostics;
using System.Globalization;
using Aim.Organizations;
using Aim.Records;
using DuckDB.NET.Data;

namespace Aim.Bench.Cases;

/// <summary>
/// The rules of an enrollment file as one SQL query over the same file, with the same reference data: what a capable analyst would write
/// instead of this system. It only counts, where the upload writes a finding for each row; and it leaves out trimming and odd
/// characters, which never occur in the generated files. Both are in its favour.
/// </summary>
internal static class DuckDbRules
{
    private const int Threads = 2;

    public static Task<Outcome> CheckAsync(EnrollmentFile enrollments)
    {
        using var database = new DuckDBConnection("Data Source=:memory:");
        database.Open();
        Execute(database, $"SET threads = {Threads}");
        AddReference(database, enrollments.Reference());
        AddCodes(database);
        var watch = Stopwatch.StartNew();
        using var command = database.CreateCommand();
        command.CommandText = Query(enrollments);
        using var row = command.ExecuteReader();
        row.Read();
        var findings = new Dictionary<string, long>();
        for (var i = 1; i < row.FieldCount; i++)
        {
            // Column names are rule ids; a sum over no rows is null.
            var count = row.IsDBNull(i) ? 0 : long.Parse(row.GetValue(i).ToString()!, CultureInfo.InvariantCulture);
            if (count > 0) findings[row.GetName(i)] = count;
        }
        return Task.FromResult(new Outcome(row.GetInt64(0), watch.Elapsed.TotalSeconds) { Findings = findings });
    }

    private static string Query(EnrollmentFile enrollments)
    {
        using var stream = typeof(DuckDbRules).Assembly.GetManifestResourceStream("enrollment-rules.sql")!;
        using var text = new StreamReader(stream);
        return text.ReadToEnd()
            .Replace("$file", enrollments.Path.Replace("'", "''", StringComparison.Ordinal), StringComparison.Ordinal)
            .Replace("$district", enrollments.District.Value, StringComparison.Ordinal)
            .Replace("$year", BenchData.Year.ToString(), StringComparison.Ordinal)
            .Replace("$as_of", BenchData.AsOf.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    private static void AddReference(DuckDBConnection database, ReferenceData reference)
    {
        Execute(database, "CREATE TABLE school (district VARCHAR, number VARCHAR, status INTEGER, updated_status INTEGER, status_date DATE, grades VARCHAR[])");
        foreach (var school in reference.Schools)
        {
            var grades = string.Join(", ", school.Grades.Select(grade => $"'{grade}'"));
            Execute(database, FormattableString.Invariant($"INSERT INTO school VALUES ('{school.District}', '{school.Number}', {(int)school.Status}, {Number((int?)school.UpdatedStatus)}, {Date(school.StatusDate)}, [{grades}])"));
        }
        Execute(database, "CREATE TABLE calendar (district VARCHAR, school VARCHAR, number VARCHAR, first_day DATE, last_day DATE)");
        foreach (var calendar in reference.Calendars)
            Execute(database, $"INSERT INTO calendar VALUES ('{calendar.District}', '{calendar.School}', '{calendar.Number}', {Date(calendar.Start)}, {Date(calendar.End)})");
    }

    private static void AddCodes(DuckDBConnection database)
    {
        Execute(database, "CREATE TABLE code (list VARCHAR, code VARCHAR, class VARCHAR, federal VARCHAR, place INTEGER, valid BOOLEAN)");
        foreach (var set in CodeSets.All)
        {
            foreach (var entry in set.Entries)
                Execute(database, $"INSERT INTO code VALUES ('{set.Name}', '{entry.Code}', {Text(entry.Class)}, {Text(entry.Federal)}, {Number(entry.Order)}, {entry.IsValidIn(BenchData.Year)})");
        }
    }

    private static string Text(string? value) => value is null ? "NULL" : $"'{value}'";

    private static string Number(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "NULL";

    private static string Date(DateOnly? value) => value is { } date ? $"DATE '{date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}'" : "NULL";

    private static void Execute(DuckDBConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
