using Aim.Bench;

if (Options.Parse(args, out var problem) is not { } options)
{
    Console.Error.WriteLine(problem);
    return 2;
}
if (options.ShowHelp)
{
    Console.WriteLine(Options.Help);
    return 0;
}
if (BenchCases.All.FirstOrDefault(item => item.Name == (options.Run ?? options.Prepare)) is { } own)
{
    if (options.Run is not null) await Runner.RunAsync(own, options);
    else await own.Prepare(new BenchData(options.Data, options.Students));
    return 0;
}
var selected = BenchCases.All.Where(options.Selects).ToList();
// A peer is measured in the same run as what it is held against.
selected = [.. BenchCases.All.Where(item => selected.Contains(item) || selected.Any(other => other.Peer == item.Name))];
if (selected.Count == 0)
{
    Console.Error.WriteLine($"No case is named {string.Join(" or ", options.Only)}. --list names them.");
    return 2;
}
if (options.List)
{
    foreach (var item in selected) Console.WriteLine($"{item.Name,-18} {item.What}");
    return 0;
}
return await BenchRun.RunAsync(selected, options);
