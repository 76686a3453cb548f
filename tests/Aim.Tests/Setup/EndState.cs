using System.Globalization;
using System.Text;
using Aim.Host.Embedded;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.Uploads;

namespace Aim.Tests.Setup;

/// <summary>
/// What a data folder has come to, as text, without what may differ between two runs that did the same: State IDs, moments, upload ids. The
/// order of lines doesn't depend on them either.
/// </summary>
internal static class EndState
{
    public static async Task<string> DescribeAsync(AimPlatform platform, string folder, SchoolYear year)
    {
        var text = new StringBuilder();
        var added = new SortedDictionary<string, long>(StringComparer.Ordinal);
        await foreach (var head in platform.Ports.Editions.ListHeadsAsync(year, CancellationToken.None))
        {
            text.Append(CultureInfo.InvariantCulture, $"edition {head.Key} version {head.Version} rows {head.RowCount} digest {head.Digest} synced {head.IsSynced} parked {head.Parked}\n");
            foreach (var student in (await platform.Parked.ListAsync(head.Key, CancellationToken.None)).Values.OrderBy(student => student.LocalId, StringComparer.Ordinal))
                text.Append(CultureInfo.InvariantCulture, $"parked {head.Key} {student.LocalId} {student.Reason}\n");
            await foreach (var (key, _) in platform.Uploads.ListAsync(head.Key.District, year, null, CancellationToken.None))
            {
                // A key without a file is one whose process died before it put the file.
                if (await platform.Intake.StatusAsync(key, CancellationToken.None) is not { Status: not UploadStatus.AwaitingFile } report) continue;
                Assert.IsTrue(report.IsFinished && report.Status is not UploadStatus.Failed, $"upload {key} of {head.Key} is {report.Status}: {report.Sentence}");
                var type = (await platform.Uploads.FindTicketAsync(key, CancellationToken.None))!.RecordType;
                added[$"{head.Key} {type}"] = added.GetValueOrDefault($"{head.Key} {type}") + report.Counts.Added;
            }
        }
        foreach (var (load, rows) in added) text.Append(CultureInfo.InvariantCulture, $"loaded {load} {rows}\n");
        await StudentsAsync(platform, year, text);
        if (platform.Ports.State is not SqliteStateStore) return text.ToString();
        using var database = new SqliteSession(Path.Combine(folder, "aim.db"));
        foreach (var table in new[] { "person", "identity_link", "student_record", "student_owner" })
            text.Append(CultureInfo.InvariantCulture, $"{table} {database.Scalar($"SELECT COUNT(*) FROM {table}")}\n");
        return text.ToString();
    }

    private static async Task StudentsAsync(AimPlatform platform, SchoolYear year, StringBuilder text)
    {
        var students = new List<string>();
        var versions = 0L;
        await foreach (var record in platform.Ports.State.ReadAsync(year, StateIdRange.All, null, CancellationToken.None))
        {
            versions += record.Version;
            students.Add($"student {string.Join(' ', record.Contributions.Select(item => $"{item.District}/{item.LocalId}:{item.Digest()}").Order(StringComparer.Ordinal))} version {record.Version}\n");
        }
        text.AppendJoin("", students.Order(StringComparer.Ordinal));
        var changes = await ChangesAsync(platform.Ports.State);
        Assert.HasCount(changes.Count, changes.Select(change => change.Id).Distinct(), "an event is there twice");
        Assert.HasCount(changes.Count, changes.Select(change => (change.StateId, change.Year, change.Version)).Distinct(), "a version has two events");
        text.Append(CultureInfo.InvariantCulture, $"events {changes.Count} of {versions} versions\n");
    }

    private static async Task<List<StateChange>> ChangesAsync(IStateStore state)
    {
        var changes = new List<StateChange>();
        StateChanges? page = null;
        do changes.AddRange((page = await state.ReadChangesAsync(page?.Cursor, 1000, CancellationToken.None)).Changes); while (page.HasMore);
        return changes;
    }
}
