using System.Diagnostics;
using System.Text.Json;
using Aim.Tests.Setup;

namespace Aim.Tests.Commands;

/// <summary>How a command ended.</summary>
internal sealed record CommandResult(int Code, string Output, string Error)
{
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Output);
}

/// <summary>Runs <c>aim</c>: in this process, or as the built program.</summary>
internal static class AimProgram
{
    public static async Task<CommandResult> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var code = await Host.Commands.CommandLine.RunAsync(arguments, output, error, CancellationToken.None);
        return new CommandResult(code, output.ToString(), error.ToString());
    }

    /// <summary>Starts the built program in a folder of its own.</summary>
    public static Process Start(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Host.Commands.CommandLine).Assembly.Location, .. arguments]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("AIM_DEBUG");
        return Process.Start(start)!;
    }

    public static async Task<CommandResult> EndAsync(Process program)
    {
        using var patience = new CancellationTokenSource(AssemblySetup.Patience);
        var (output, error) = (program.StandardOutput.ReadToEndAsync(patience.Token), program.StandardError.ReadToEndAsync(patience.Token));
        await program.WaitForExitAsync(patience.Token);
        return new CommandResult(program.ExitCode, await output, await error);
    }
}
