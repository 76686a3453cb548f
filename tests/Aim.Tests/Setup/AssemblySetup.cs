[assembly: Parallelize(Workers = 2, Scope = ExecutionScope.ClassLevel)]

namespace Aim.Tests.Setup;

/// <summary>Folders of a test run, all under one that is removed in the end.</summary>
[TestClass]
public static class AssemblySetup
{
    /// <summary>How long a test waits for what has to come: only what hangs takes longer, however busy the machine is.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly string Root = Path.Combine(Path.GetTempPath(), $"aim-tests-{Environment.ProcessId}");

    /// <summary>A new empty folder.</summary>
    public static string NewFolder(string name)
    {
        var folder = Path.Combine(Root, $"{name}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        return folder;
    }

    [AssemblyCleanup]
    public static void RemoveFolders()
    {
        if (Directory.Exists(Root)) Directory.Delete(Root, recursive: true);
    }
}
