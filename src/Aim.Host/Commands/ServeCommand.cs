using System.CommandLine;
using System.Net.Sockets;
using Aim.Host.Serving;
using Microsoft.AspNetCore.Connections;

namespace Aim.Host.Commands;

/// <summary><c>aim serve</c>: the API of a data folder.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var data = CommonOptions.Data();
        var urls = CommonOptions.Urls();
        var command = new Command("serve", "Serve a data folder: the API, uploads, and the nightly sync.") { data, urls };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetRequiredValue(data), parsed.GetRequiredValue(urls), parsed.InvocationConfiguration.Output, cancellation));
        return command;
    }

    internal static async Task<int> RunAsync(DirectoryInfo folder, string url, TextWriter output, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")) throw new UnusableInputException($"'{url}' is not a URL to listen on, such as {CommonOptions.DefaultUrl}.");
        OpenData.MustExist(folder);
        await using var app = LocalHost.Build(folder.FullName, address, TimeProvider.System);
        await StartAsync(app, address, cancellation);
        output.WriteLine($"Serving {folder.FullName} on {address.GetLeftPart(UriPartial.Authority)} (API at /api/v1, its description at /docs). Press Ctrl+C to stop.");
        await app.WaitForShutdownAsync(cancellation);
        output.WriteLine("Stopped. Uploads that were under way go on when the folder is served again.");
        return ExitCode.Done;
    }

    private static async Task StartAsync(WebApplication app, Uri address, CancellationToken cancellation)
    {
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (IOException failure) when (failure.InnerException is AddressInUseException)
        {
            throw new UnusableInputException($"{address.GetLeftPart(UriPartial.Authority)} is in use by another program. Stop that one, or choose another port: --urls http://localhost:{(address.Port < 65535 ? address.Port + 1 : CommonOptions.DefaultPort)}.");
        }
        catch (SocketException failure)
        {
            throw new UnusableInputException($"{address.GetLeftPart(UriPartial.Authority)} can't be listened on ({failure.SocketErrorCode}). Choose an address of this machine and a port above 1023 with --urls.");
        }
    }
}
