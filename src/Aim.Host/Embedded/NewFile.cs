using System.Runtime.InteropServices;

namespace Aim.Host.Embedded;

/// <summary>Gives a finished file its place, if nobody else's has it: of any number of callers and processes at once, one succeeds.</summary>
internal static class NewFile
{
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
        if (Marshal.GetLastPInvokeError() == AlreadyExists && !Directory.Exists(to)) return false;
        // No folder to put it in, a folder in its place, or a file system without second names, where one process at least doesn't get in its own way.
        lock (withoutLinks) return TryMove(from, to);
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

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);
}
