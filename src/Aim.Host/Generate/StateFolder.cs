using System.Text;

namespace Aim.Host.Generate;

/// <summary>The folder a state is written to.</summary>
internal sealed class StateFolder(string root)
{
    public string Root => root;

    public void WriteCsv(string file, string header, IEnumerable<string> lines)
    {
        var path = Path.Combine(root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var writer = new StreamWriter(path, false, new UTF8Encoding(false)) { NewLine = "\r\n" };
        writer.WriteLine(header);
        foreach (var line in lines) writer.WriteLine(line);
    }
}
