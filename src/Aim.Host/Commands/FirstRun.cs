using System.CommandLine;

namespace Aim.Host.Commands;

/// <summary>What happens without a verb: a sample state to look at.</summary>
internal static class FirstRun
{
    public static Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation) => Task.FromResult(parsed.Errors.Count + (cancellation.IsCancellationRequested ? 1 : 0));
}

internal static class ServeCommand
{
    public static Command Create() => new("serve", "Serve");
}
