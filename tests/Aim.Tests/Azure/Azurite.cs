using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Aim.Ports;
using Aim.Tests.Setup;
using Azure.Storage.Blobs;

namespace Aim.Tests.Azure;

/// <summary>Azurite's blob service as a process of its own, on a free port, in memory. It comes by <c>npm ci --prefix tests/azurite</c>.</summary>
internal sealed partial class Azurite : IDisposable
{
    private const string Program = "tests/azurite/node_modules/azurite/dist/src/blob/main.js";
    private const string Name = "devstoreaccount1";

    /// <summary>The key that every emulator has, as its documentation prints it.</summary>
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly Process process;

    private Azurite(Process process, string address)
    {
        this.process = process;
        Service = new BlobServiceClient($"DefaultEndpointsProtocol=http;AccountName={Name};AccountKey={Key};BlobEndpoint={address}/{Name};");
    }

    public BlobServiceClient Service { get; }

    /// <summary>Starts it, or says why it can't be.</summary>
    public static async Task<Azurite> StartAsync()
    {
        var program = Path.Combine(Approved.RepositoryRoot(), Program);
        if (!File.Exists(program)) Missing("Azurite is not installed: run 'npm ci --prefix tests/azurite'.");
        var start = new ProcessStartInfo("node", [program, "--blobPort", "0", "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence"])
        {
            WorkingDirectory = AssemblySetup.NewFolder("azurite"),
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Missing("Node.js is not installed.");
        }
        while (await process!.StandardOutput.ReadLineAsync() is { } line)
        {
            if (Listening().Match(line) is not { Success: true } listening) continue;
            // What it has to say from now on is read, so that it can go on, and goes nowhere.
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null);
            return new Azurite(process, listening.Groups[1].Value);
        }
        throw new InvalidOperationException($"Azurite ended before it listened: {await process.StandardError.ReadToEndAsync()}");
    }

    [GeneratedRegex(@"successfully listen(?:s|ing) (?:at|on) (http://[\d.]+:\d+)")]
    private static partial Regex Listening();

    private static void Missing(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(reason);
        Assert.Inconclusive(reason);
    }

    public void Dispose()
    {
        process.Kill();
        process.Dispose();
    }
}

/// <summary>A blob store as seen from inside one of its folders, which for Blob Storage is a container.</summary>
internal sealed class BlobsUnder(IBlobStore blobs, string folder) : IBlobStore
{
    private string Outer(string path) => $"{folder}/{path}";

    private BlobInfo Inner(BlobInfo blob) => blob with { Path = blob.Path[(folder.Length + 1)..] };

    public async Task<BlobInfo?> FindAsync(string path, CancellationToken cancellation) => await blobs.FindAsync(Outer(path), cancellation) is { } blob ? Inner(blob) : null;

    public Task<Stream?> OpenReadAsync(BlobRef blob, CancellationToken cancellation) => blobs.OpenReadAsync(blob with { Path = Outer(blob.Path) }, cancellation);

    public Task<BlobWrite> WriteAsync(string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellation) => blobs.WriteAsync(Outer(path), write, cancellation);

    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var blob in blobs.ListAsync(Outer(prefix), cancellation)) yield return Inner(blob);
    }

    public Task DeleteAsync(string path, CancellationToken cancellation) => blobs.DeleteAsync(Outer(path), cancellation);

    public Task<Uri> CreateUploadUrlAsync(string path, DateTimeOffset expires, CancellationToken cancellation) => blobs.CreateUploadUrlAsync(Outer(path), expires, cancellation);
}
