using System.Globalization;
using Aim.Editions;
using Aim.Entry;
using Aim.Host.Embedded;
using Aim.Records;
using Aim.Rules;
using Aim.Uploads;

namespace Aim.Host.Commands;

/// <summary>How one pushed set of changes was taken.</summary>
internal sealed record LoadedPush(string File, long Sequence, PushState State, string Sentence)
{
    public int Added { get; init; }
    public int Changed { get; init; }
    public int Unchanged { get; init; }
    public int Removed { get; init; }
    public int LeftOut { get; init; }
    public int NotThere { get; init; }
    public int Fatal { get; init; }
    public int Errors { get; init; }
    public int Warnings { get; init; }
}

/// <summary>
/// Loads what a district's own system pushed: the bodies of <c>PUT /editions/{district}/{year}/changes</c> in <c>pushes/{district}/{number}.json</c>, in the order of their numbers, as if they had
/// come over HTTP.
/// </summary>
internal sealed class PushLoader(DataFolder data, string root, SchoolYear year)
{
    /// <summary>The districts that there are pushes of.</summary>
    /// <exception cref="UnusableInputException">A file or folder is not named as it should be.</exception>
    public static IReadOnlyDictionary<DistrictId, IReadOnlyList<string>> Find(string folder) => !Directory.Exists(folder) ? new Dictionary<DistrictId, IReadOnlyList<string>>()
        : Directory.EnumerateDirectories(folder).ToDictionary(UploadFolder.DistrictOf, district => (IReadOnlyList<string>)[.. Directory.EnumerateFiles(district, "*.json").OrderBy(NumberOf)]);

    public async Task<IReadOnlyList<LoadedPush>> LoadAsync(DistrictId district, IReadOnlyList<string> files, CancellationToken cancellation)
    {
        var loaded = new List<LoadedPush>();
        foreach (var file in files) loaded.Add(await LoadAsync(new EditionKey(district, year), file, cancellation));
        return loaded;
    }

    private async Task<LoadedPush> LoadAsync(EditionKey edition, string path, CancellationToken cancellation)
    {
        var (name, pushed) = (Path.GetRelativePath(root, path).Replace('\\', '/'), data.Platform.Pushed);
        var body = await File.ReadAllBytesAsync(path, cancellation);
        var (set, problem) = ChangeSet.Read(body, year);
        if (set is null) return new LoadedPush(name, NumberOf(path), PushState.Unknown, problem!);
        var received = await pushed.ReceiveAsync(edition, set.Sequence, body, cancellation);
        if (received.Receipt == PushReceipt.Refused) return new LoadedPush(name, set.Sequence, PushState.Unknown, received.Reason!);
        await pushed.DrainAsync(edition, cancellation);
        var number = await pushed.FindNumberAsync(edition, set.Sequence, cancellation);
        var found = new LoadedPush(name, set.Sequence, number.State, number.Sentence);
        return number.Push is { } push && await pushed.FindOutcomeAsync(push, cancellation) is { } outcome ? WithOutcome(found, outcome) : found;
    }

    private static LoadedPush WithOutcome(LoadedPush push, ChangeSetOutcome outcome)
    {
        var bySeverity = outcome.Reports.SelectMany(report => report.Findings).CountBy(finding => finding.Severity).ToDictionary();
        return push with
        {
            Added = outcome.Added, Changed = outcome.Changed, Unchanged = outcome.Unchanged, Removed = outcome.Removed, LeftOut = outcome.LeftOut, NotThere = outcome.NotThere,
            Fatal = bySeverity.GetValueOrDefault(Severity.Fatal), Errors = bySeverity.GetValueOrDefault(Severity.Error), Warnings = bySeverity.GetValueOrDefault(Severity.Warning),
        };
    }

    private static long NumberOf(string path) => long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new UnusableInputException($"The file {path} is not named by the number of its push. Rename or remove it.");
}
