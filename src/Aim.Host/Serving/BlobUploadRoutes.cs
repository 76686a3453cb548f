using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Aim.Host.Embedded;
using Aim.Ports;
using Aim.Records;
using Aim.Uploads;
using Microsoft.AspNetCore.Http.Features;

namespace Aim.Host.Serving;

/// <summary>
/// The part of Blob Storage's protocol that uploads use: Put Blob, Put Block and Put Block List on a signed URL. A finished blob starts
/// its upload at once, as Event Grid would.
/// </summary>
internal sealed class BlobUploadRoutes(DataFolder data, ILogger<BlobUploadRoutes> logger)
{
    private const string BlobTypeHeader = "x-ms-blob-type";
    private const int MostBlocks = 50_000;
    private const int LongestBlockId = 64;
    private const long LargestBlockList = 16 * 1024 * 1024;

    private IBlobStore Store => data.Ports.Blobs;

    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut($"{UploadUrls.Route}{{**path}}", PutAsync).AllowAnonymous().ExcludeFromDescription();

    private async Task<IResult> PutAsync(string path, HttpContext context, CancellationToken cancellation)
    {
        var query = context.Request.Query;
        if (!data.UploadUrls.IsValid(path, query["se"], query["sig"])) return Problem(StatusCodes.Status403Forbidden, "AuthenticationFailed", "The upload URL is not valid or has expired. Ask for a new one.");
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
        return query["comp"].ToString() switch
        {
            "" => await PutBlobAsync(path, context, cancellation),
            "block" => await PutBlockAsync(path, query["blockid"].ToString(), context, cancellation),
            "blocklist" => await PutBlockListAsync(path, context, cancellation),
            _ => Problem(StatusCodes.Status400BadRequest, "UnsupportedQueryParameter", "Only Put Blob, Put Block and Put Block List are known here."),
        };
    }

    private async Task<IResult> PutBlobAsync(string path, HttpContext context, CancellationToken cancellation)
    {
        if (context.Request.Headers[BlobTypeHeader].ToString() is not ("" or "BlockBlob")) return Problem(StatusCodes.Status400BadRequest, "InvalidHeaderValue", $"{BlobTypeHeader} must be BlockBlob.");
        return await FinishAsync(path, await Store.WriteAsync(path, (file, token) => context.Request.Body.CopyToAsync(file, token), cancellation), context, cancellation);
    }

    private async Task<IResult> PutBlockAsync(string path, string blockId, HttpContext context, CancellationToken cancellation)
    {
        if (!IsBlockId(blockId)) return Problem(StatusCodes.Status400BadRequest, "InvalidBlockId", $"A block id is the Base64 form of at most {LongestBlockId} bytes.");
        if (await Store.FindAsync(path, cancellation) is not null) return AlreadyExists();
        // Each put has a file of its own, so that none is in the way of another: what was sent can be read once only.
        await Store.WriteAsync($"{BlockFolder(path)}{Hash(blockId)}-{Guid.NewGuid():N}", (file, token) => context.Request.Body.CopyToAsync(file, token), cancellation);
        return Results.StatusCode(StatusCodes.Status201Created);
    }

    private static bool IsBlockId(string blockId) =>
        blockId.Length is > 0 and <= LongestBlockId * 2 && Convert.TryFromBase64String(blockId, stackalloc byte[LongestBlockId * 2], out var bytes) && bytes <= LongestBlockId;

    private async Task<IResult> PutBlockListAsync(string path, HttpContext context, CancellationToken cancellation)
    {
        if (await Store.FindAsync(path, cancellation) is not null) return await FinishAsync(path, BlobWrite.AlreadyExists, context, cancellation);
        if (await ReadBlockIdsAsync(context.Request.Body, cancellation) is not { } blockIds) return Problem(StatusCodes.Status400BadRequest, "InvalidXmlDocument", $"Send a BlockList of at most {MostBlocks} block ids as XML.");
        var put = await NewestBlocksAsync(path, cancellation);
        var blocks = blockIds.ConvertAll(blockId => put.GetValueOrDefault(Hash(blockId)));
        if (blocks.Contains(null)) return await WithoutBlockAsync(path, context, cancellation);
        try
        {
            var written = await Store.WriteAsync(path, async (file, token) =>
            {
                foreach (var block in blocks)
                {
                    await using var part = await Store.ReadAsync(block!.Ref, token);
                    await part.CopyToAsync(file, token);
                }
            }, cancellation);
            await Store.ClearAsync(BlockFolder(path), cancellation);
            return await FinishAsync(path, written, context, cancellation);
        }
        catch (FileNotFoundException)
        {
            return await WithoutBlockAsync(path, context, cancellation);
        }
    }

    /// <summary>What was last put of each block, by the hash of its id.</summary>
    private async Task<Dictionary<string, BlobInfo>> NewestBlocksAsync(string path, CancellationToken cancellation)
    {
        var newest = new Dictionary<string, BlobInfo>();
        var folder = BlockFolder(path);
        await foreach (var block in Store.ListAsync(folder, cancellation).OrderBy(block => block.Written)) newest[block.Path[folder.Length..].Split('-')[0]] = block;
        return newest;
    }

    /// <summary>A block is missing: it was never put, or the same list, put at once, has made the file of it.</summary>
    private async Task<IResult> WithoutBlockAsync(string path, HttpContext context, CancellationToken cancellation) => await Store.FindAsync(path, cancellation) is null
        ? Problem(StatusCodes.Status400BadRequest, "InvalidBlockList", "The list names a block that was not put.")
        : await FinishAsync(path, BlobWrite.AlreadyExists, context, cancellation);

    /// <summary>Null when it is no list of blocks.</summary>
    private static async Task<List<string>?> ReadBlockIdsAsync(Stream body, CancellationToken cancellation)
    {
        try
        {
            using var reader = XmlReader.Create(body, new XmlReaderSettings { Async = true, DtdProcessing = DtdProcessing.Prohibit, MaxCharactersInDocument = LargestBlockList });
            var list = await XDocument.LoadAsync(reader, LoadOptions.None, cancellation);
            return list.Root is { } root && root.Name == "BlockList" && root.Elements().Count() <= MostBlocks ? [.. root.Elements().Select(element => element.Value.Trim())] : null;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    /// <summary>The URL may create the blob, and nothing else: a second write of it is refused.</summary>
    private async Task<IResult> FinishAsync(string path, BlobWrite written, HttpContext context, CancellationToken cancellation)
    {
        var blob = (await Store.FindAsync(path, cancellation))!;
        if (written == BlobWrite.AlreadyExists)
        {
            // The first time, the file may have been written and its upload not started: the disk was full, or the process died.
            await data.Platform.Intake.AcceptIfMissedAsync(blob, cancellation);
            return AlreadyExists();
        }
        var started = await data.Platform.Intake.AcceptAsync(blob, cancellation);
        if (started is not null) ServeLog.UploadArrived(logger, started.Key, blob.Length);
        context.Response.Headers.ETag = $"\"{blob.ETag}\"";
        return Results.StatusCode(StatusCodes.Status201Created);
    }

    /// <summary>Of hashes, so that no path or block id can be one that a file system takes for something else.</summary>
    private static string BlockFolder(string path) => $"{UploadLeftovers.Parts}{Hash(path)}/";

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static IResult AlreadyExists() => Problem(StatusCodes.Status409Conflict, "BlobAlreadyExists", "The file was uploaded already. Ask for a new URL to upload another one.");

    private static IResult Problem(int status, string code, string detail) =>
        Results.Problem(detail, statusCode: status, title: code);
}

internal static partial class ServeLog
{
    [LoggerMessage(1, LogLevel.Information, "Upload {Key} arrived with {Bytes} bytes")]
    public static partial void UploadArrived(ILogger logger, string key, long bytes);

    [LoggerMessage(2, LogLevel.Warning, "{Service} failed ({Kind}); it will be tried again")]
    public static partial void ServiceFailed(ILogger logger, string service, string kind);

    [LoggerMessage(5, LogLevel.Warning, "The {Type} file of district {District}, {Year}, under key {Key} can't be taken up ({Kind}); it will be tried again")]
    public static partial void FileNotTaken(ILogger logger, DistrictId district, SchoolYear year, string type, string key, string kind);

    [LoggerMessage(3, LogLevel.Information, "Started {Instance}")]
    public static partial void NightStarted(ILogger logger, string instance);

    [LoggerMessage(6, LogLevel.Information, "Started snapshot {Name}")]
    public static partial void SnapshotStarted(ILogger logger, string name);

    [LoggerMessage(4, LogLevel.Information, "Took up {Count} files that were dropped into the folder")]
    public static partial void FilesTaken(ILogger logger, int count);
}
