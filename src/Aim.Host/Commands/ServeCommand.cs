using System.CommandLine;
using Aim.Host.Serving;

namespace Aim.Host.Commands;

/// <summary><c>aim serve</c>: the API of a data folder.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var data = CommonOptions.Data();
        var urls = new Option<string>("--urls") { Description = "Where to listen.", HelpName = "URL", DefaultValueFactory = _ => CommonOptions.DefaultUrl };
        var command = new Command("serve", "Serve a data folder: the API, uploads, and the nightly sync.") { data, urls };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetRequiredValue(data), parsed.GetRequiredValue(urls), parsed.InvocationConfiguration.Output, cancellation));
        return command;
    }

    internal static async Task<int> RunAsync(DirectoryInfo folder, string url, TextWriter output, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")) throw new UnusableInputException($"'{url}' is not a URL to listen on, such as {CommonOptions.DefaultUrl}.");
        await using var app = LocalHost.Build(folder.FullName, address, TimeProvider.System);
        await app.StartAsync(cancellation);
        output.WriteLine($"Serving {folder.FullName} on {address.GetLeftPart(UriPartial.Authority)} (API at /api/v1, its description at /docs). Press Ctrl+C to stop.");
        await app.WaitForShutdownAsync(cancellation);
        return ExitCode.Done;
    }
}
