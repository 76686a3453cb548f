namespace Aim.Host.Backups;

/// <summary>A folder that appears whole or not at all: it is made beside its place under another name and moved there in the end, so that a part of it never looks like all of it.</summary>
internal static class WholeFolder
{
    /// <param name="target">Where it is to be; an empty folder there is replaced.</param>
    /// <param name="write">Fills the folder it is given.</param>
    /// <exception cref="Workflows.FaultException">Nobody may write there.</exception>
    public static async Task<T> WriteAsync<T>(string target, Func<string, Task<T>> write)
    {
        var partial = $"{target}.partial-{Guid.NewGuid():N}";
        try
        {
            Create(partial, target);
            var written = await write(partial);
            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(partial, target);
            return written;
        }
        finally
        {
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        }
    }

    private static void Create(string partial, string target)
    {
        try
        {
            Embedded.DataFolder.MakePrivate(partial);
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or IOException && !Embedded.FileBlobStore.IsFull(failure))
        {
            throw BackupManifest.Unusable($"{target} can't be made there. Check the path and its permissions, or give a folder elsewhere.");
        }
    }
}
