using Aim.OneRoster;
using Aim.Records;

namespace Aim.Host.Commands;

/// <summary>A file of a district's that is to be uploaded.</summary>
/// <param name="Type">Code of its record type, or that of a OneRoster archive.</param>
internal sealed record FileToUpload(string Type, string Path)
{
    public long Length => new FileInfo(Path).Length;
}

/// <summary>The files under <c>uploads/{district}/</c>: one of each record type, and OneRoster archives.</summary>
internal static class UploadFolder
{
    private static readonly string[] Extensions = [".tsv", ".csv", ".txt"];

    /// <summary>Files by district, in the order in which record types refer to one another.</summary>
    public static List<(DistrictId District, List<FileToUpload> Files)> Find(string folder)
    {
        if (!Directory.Exists(folder)) throw new UnusableInputException($"The folder {folder} does not exist. Give a folder with reference/ and uploads/, as 'aim generate' writes it.");
        return [.. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Select(directory => (DistrictOf(directory), RecordTypes.All.SelectMany(type => FilesOf(directory, type)).ToList())).Where(district => district.Item2.Count > 0)];
    }

    /// <summary>The district that a folder is named by.</summary>
    public static DistrictId DistrictOf(string directory) => Names(directory)
        ?? throw new UnusableInputException($"The folder {directory} is not named by a district's four-digit number. Rename or remove it.");

    /// <summary>The district whose number is the name of a folder; null when it is none.</summary>
    public static DistrictId? Names(string? directory) => DistrictId.TryParse(Path.GetFileName(directory), null, out var district) ? district : null;

    public static bool IsRoster(string name) => name.StartsWith(RosterUpload.TypeCode, StringComparison.Ordinal) && name.EndsWith(".zip", StringComparison.Ordinal);

    /// <summary>Archives come before the files of classes, of which they bring most; the complete one before those with changes.</summary>
    private static IEnumerable<FileToUpload> FilesOf(string directory, RecordType type) =>
        (type == RecordTypes.Course ? Directory.EnumerateFiles(directory).Where(path => IsRoster(Path.GetFileName(path))).Order(StringComparer.Ordinal).Select(path => new FileToUpload(RosterUpload.TypeCode, path)) : [])
        .Concat(Extensions.Select(extension => Path.Combine(directory, type.Code + extension)).Where(File.Exists).Select(path => new FileToUpload(type.Code, path)));
}
