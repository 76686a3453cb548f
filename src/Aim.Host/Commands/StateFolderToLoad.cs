using Aim.Identity;
using Aim.Organizations;
using Aim.Records;

namespace Aim.Host.Commands;

/// <summary>What is in a folder as <c>generate</c> writes it, found before anything is loaded.</summary>
/// <param name="People">Those of the list of State IDs.</param>
internal sealed record StateFolderToLoad(string Path, ReferenceData Reference, IReadOnlyList<Person> People, NotesOfYear Notes, List<(DistrictId District, List<FileToUpload> Files)> Uploads,
    IReadOnlyDictionary<DistrictId, IReadOnlyList<string>> Pushes, IReadOnlyList<HeldLine> Held)
{
    /// <exception cref="UnusableInputException">The folder lacks something, or something in it can't be loaded.</exception>
    public static async Task<StateFolderToLoad> ReadAsync(string path, CancellationToken cancellation)
    {
        var folder = System.IO.Path.Combine(path, "reference");
        if (!Directory.Exists(folder)) throw new UnusableInputException($"The folder {folder} does not exist. Give a folder with reference/ and uploads/, as 'aim generate' writes it.");
        var files = new ReferenceFiles(folder);
        var reference = files.Read();
        var people = reference is null ? [] : files.ReadIdentities();
        var notes = reference is null ? NotesOfYear.None : files.ReadNotes(reference);
        if (reference is null || files.Problems.Count > 0) throw new UnusableInputException(string.Join(Environment.NewLine, files.Problems));
        return new StateFolderToLoad(path, reference, people, notes, UploadFolder.Find(System.IO.Path.Combine(path, "uploads")), PushLoader.Find(System.IO.Path.Combine(path, "pushes")),
            await HeldFieldsFile.ReadAsync(path, cancellation));
    }
}
