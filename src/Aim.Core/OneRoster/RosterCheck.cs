using Aim.Editions;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Uploads;

namespace Aim.OneRoster;

/// <summary>What an archive comes to in a check.</summary>
/// <param name="Files">Files of the district's own record types, to be checked with its others.</param>
/// <param name="LeftOut">Rows of the archive that can't be used, and so are in no file.</param>
/// <param name="Refusal">Why the archive can't be used; null when it can.</param>
/// <param name="NotJudged">A sentence about what could not be judged; null when everything was.</param>
public sealed record RosterToCheck(IReadOnlyList<FileToCheck> Files, long LeftOut, string? Refusal, string? NotJudged);

/// <summary>
/// Takes a district's OneRoster archives apart for a check, as their uploads would: with the same refusals, the same mapping and the same findings. Each archive builds on those that it took before.
/// </summary>
/// <param name="today">The day in the state.</param>
public sealed class RosterCheck(IBlobStore scratch, EditionKey edition, ReferenceData reference, DateOnly today)
{
    private RosterDirectory? known;
    private int archives;

    /// <summary>Takes the next archive of the year, handing over what is wrong with its own rows.</summary>
    public async Task<RosterToCheck> OpenAsync(string name, Stream file, Action<FileFinding> found, CancellationToken cancellation)
    {
        if (IdentifyUpload.RefusalOf(edition, reference)?.Refusal is { } refusal) return Refused(refusal);
        try
        {
            using var archive = await RosterArchive.OpenAsync(file, file.Length, cancellation);
            return await MapAsync(name, archive, found, cancellation);
        }
        catch (UnusableRosterException unusable)
        {
            return Refused(unusable.Message);
        }
    }

    private static RosterToCheck Refused(string refusal) => new([], 0, refusal, null);

    private async Task<RosterToCheck> MapAsync(string name, RosterArchive archive, Action<FileFinding> found, CancellationToken cancellation)
    {
        var isWhole = known is not null || !archive.BuildsOnEarlier;
        await using var parts = new RosterParts(scratch, $"roster/{++archives}/", edition, Report, cancellation);
        var mapping = new RosterMapping(archive, known ?? new RosterDirectory(), edition.District, reference, parts);
        await mapping.RunAsync();
        if (!isWhole) return new RosterToCheck([], 0, null, "It builds on an archive that was sent before, without which only its form, its schools, and its dates and words can be judged. Check both together, or upload it with the mode Test, which writes nothing.");

        known = mapping.Directory;
        var files = new List<FileToCheck>();
        foreach (var type in RosterParts.Types) if (await parts.CompleteAsync(type) is { Origins: { } origins } part) files.Add(await FileAsync(name, type, part.Path, (await LineOrigins.ReadAsync(scratch, origins, cancellation))!, cancellation));
        return new RosterToCheck(files, parts.LeftOutRows, null, parts.Removals.Count == 0 ? null : "What it removes is still in the check: the other files and archives were judged as if it were there.");

        // Rows refer to what may have been sent before; the state's schools are the same for every archive.
        void Report(RosterOrigin origin, Finding finding)
        {
            if (isWhole || finding.Rule == RosterRules.BadValue.Id || finding.Rule == RosterRules.Unknown.Id && origin.File == "orgs.csv") found(new FileFinding($"{name}/{origin.File}", finding));
        }
    }

    private async Task<FileToCheck> FileAsync(string name, RecordType type, string path, LineOrigins origins, CancellationToken cancellation)
    {
        await using var content = await OpenAsync();
        var form = await FileInspector.InspectAsync(content, type, edition.Year, today, cancellation);
        return new FileToCheck($"{name}/{origins.File}", type, edition.District, edition.Year, form, OpenAsync) { Origins = (name, origins) };

        async Task<Stream> OpenAsync() => await scratch.OpenReadAsync(path, cancellation) ?? throw new FileNotFoundException($"The part {path} is gone.");
    }
}
