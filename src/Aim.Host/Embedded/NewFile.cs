using System.Runtime.InteropServices;

namespace Aim.Host.Embedded;

/// <summary>Gives a finished file its place, if nobody else's has it: of any number of callers and processes at once, one succeeds.</summary>
internal static class NewFile
{
    private const int NothingThere = 2;
    private const int AlreadyExists = 17;

    private static readonly Lock withoutLinks = new();

    /// <summary>Moves a file to a place where there is none.</summary>
    /// <returns>False when there is one already; the file to be moved is then still where it was.</returns>
    /// <exception cref="DirectoryNotFoundException">The folder of the new place is not there.</exception>
    public static bool TryPlace(string from, string to)
    {
        // Outside Windows, File.Move looks whether the place is free and then renames, so that two writers at once can both succeed, the later one
        // over the earlier. A second name for the file is given or refused in one step.
        if (OperatingSystem.IsWindows()) return TryMove(from, to);
        if (Link(from, to) == 0)
        {
            File.Delete(from);
            return true;
        }
        switch (Marshal.GetLastPInvokeError())
        {
            case AlreadyExists when !Directory.Exists(to): return false;
            case NothingThere when File.Exists(from): throw new DirectoryNotFoundException("The folder that a file was to be put in is gone.");
            // A folder in its place, or a file system without second names, where one process at least doesn't get in its own way.
            default: lock (withoutLinks) return TryMove(from, to);
        }
    }

    private static bool TryMove(string from, string to)
    {
        try
        {
            File.Move(from, to, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(to))
        {
            return false;
        }
    }

    /// <summary>Makes a file that only its owner can read, and has it written to disk; one that is there stays. Of two processes that need it at once, the first to get here makes that of both.</summary>
    public static void MakeSecret(string file, Func<byte[]> make)
    {
        if (File.Exists(file)) return;
        var fresh = $"{file}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            using (var stream = new FileStream(fresh, options))
            {
                stream.Write(make());
                stream.Flush(flushToDisk: true);
            }
            TryPlace(fresh, file);
        }
        finally
        {
            // A key that came too late, or not to its place, is left nowhere.
            File.Delete(fresh);
        }
    }

    /// <summary>Has the names of files in a folder written to disk: a file that is there may otherwise be gone after a power failure, for want of its name. A journaling file system writes the folders above, where they are new, along with it.</summary>
    public static void FlushNames(string folder)
    {
        // Windows keeps names in the journal of its file system.
        if (OperatingSystem.IsWindows()) return;
        var handle = Open(folder, 0);
        if (handle < 0) return;
        _ = Flush(handle);
        _ = Close(handle);
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string folder, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Flush(int handle);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int handle);
}
