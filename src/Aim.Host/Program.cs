using Aim.Host.Commands;

using var stop = new CancellationTokenSource();
return await CommandLine.RunAsync(args, Console.Out, Console.Error, stop.Token);
