using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Aim.Tests.Setup;

/// <summary>The command line <c>aim</c>, as a process of its own.</summary>
internal sealed class AimProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly Task<string> output;
    private readonly Task<string> error;

    private AimProcess(Process process)
    {
        this.process = process;
        output = process.StandardOutput.ReadToEndAsync();
        error = process.StandardError.ReadToEndAsync();
    }

    public static AimProcess Start(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "aim.exe" : "aim");
        return new AimProcess(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!);
    }

    /// <summary>Serves a data folder, and comes back once it answers.</summary>
    public static async Task<AimProcess> ServeAsync(string data)
    {
        var address = $"http://localhost:{FreePort()}";
        var serving = Start("serve", "--data", data, "--urls", address);
        using var client = new HttpClient();
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        while (!await AnswersAsync(client, $"{address}/api/v1/health", patience.Token))
        {
            if (serving.process.HasExited) Assert.Fail($"It serves nothing: {await serving.error}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
        }
        return serving;
    }

    private static async Task<bool> AnswersAsync(HttpClient client, string url, CancellationToken cancellation)
    {
        try
        {
            return (await client.GetAsync(url, cancellation)).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>A port nobody listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Runs to the end and gives exit code, standard output and standard error.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using var aim = Start(arguments);
        return await aim.WhenExitedAsync();
    }

    public async Task<(int Code, string Output, string Error)> WhenExitedAsync()
    {
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        await process.WaitForExitAsync(patience.Token);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Ends the process as a power cut would (SIGKILL), unless it ended by itself before the time was over; true if it was killed.</summary>
    public async Task<bool> KillAfterAsync(TimeSpan time)
    {
        var exited = process.WaitForExitAsync();
        await Task.WhenAny(exited, Task.Delay(time, TimeProvider.System));
        if (exited.IsCompleted) return false;
        process.Kill();
        await exited;
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
