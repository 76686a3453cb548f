using System.Collections.Concurrent;

namespace Aim.Uploads;

/// <summary>
/// Parses a file's blocks on all cores and hands them over in the file's order. A few blocks are under way at once, so memory does not
/// grow with the file.
/// </summary>
internal static class BlockPipeline
{
    public static async Task RunAsync(Stream file, ParseJob job, Func<ParsedBlock, ValueTask> consume, CancellationToken cancellation)
    {
        var workers = Environment.ProcessorCount;
        var idle = new ConcurrentBag<RowParser>();
        var spare = new ConcurrentBag<ParsedBlock>();
        var underWay = new Queue<Task<ParsedBlock>>();
        try
        {
            await foreach (var block in TextBlocks.ReadAsync(file, job.Form, cancellation))
            {
                if (underWay.Count > workers) await ConsumeAsync(await underWay.Dequeue());
                var skipHeader = block.FirstLine == 1;
                underWay.Enqueue(Task.Run(() => Parse(block, skipHeader), cancellation));
            }
            while (underWay.Count > 0) await ConsumeAsync(await underWay.Dequeue());
        }
        catch
        {
            // The first fault is the one to report; the blocks behind it end on their own.
            await Task.WhenAll(underWay).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }

        async ValueTask ConsumeAsync(ParsedBlock parsed)
        {
            await consume(parsed);
            parsed.Clear();
            spare.Add(parsed);
        }

        ParsedBlock Parse(TextBlock block, bool skipHeader)
        {
            using (block)
            {
                if (!idle.TryTake(out var parser)) parser = RowParser.Create(job);
                if (!spare.TryTake(out var parsed)) parsed = new ParsedBlock();
                parser.Parse(block, skipHeader, parsed);
                idle.Add(parser);
                return parsed;
            }
        }
    }
}
