using System.Net;
using System.Text;
using System.Text.Json;
using Aim.Host.Embedded;
using Aim.Ports;
using Aim.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;

namespace Aim.Tests.Api;

/// <summary>Files that come in blocks whose list or blocks are put twice, one after the other or at once.</summary>
[TestClass]
public sealed class BlockUploadTests
{
    private static readonly byte[] File = Encoding.UTF8.GetBytes(Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002")));

    /// <summary>What happens before a block is looked for, opened or listed.</summary>
    private Func<Task> reading = () => Task.CompletedTask;

    /// <summary>What happens before a block is written.</summary>
    private Func<Task> writing = () => Task.CompletedTask;

    private RunningHost host = null!;
    private HttpClient clerk = null!;
    private JsonElement place;

    [TestInitialize]
    public async Task Start()
    {
        static bool IsBlock(string path) => path.StartsWith("blocks/", StringComparison.Ordinal);
        host = await RunningHost.StartAsync(replace: ports => ports with
        {
            Blobs = new WatchedBlobs(ports.Blobs, path => IsBlock(path) ? reading() : Task.CompletedTask, path => IsBlock(path) ? writing() : Task.CompletedTask),
        });
        clerk = await host.AsAsync("clerk-0123");
        place = await host.RequestUploadAsync(clerk, "SD");
    }

    [TestCleanup]
    public async Task Stop() => await host.DisposeAsync();

    private string Url => place.GetProperty("url").GetString()!;

    private static string IdOf(int block) => Convert.ToBase64String(Encoding.ASCII.GetBytes($"block-{block}"));

    private async Task<(HttpStatusCode Status, string Text)> PutAsync(string query, byte[] content)
    {
        using var response = await host.PutAsync($"{Url}&comp={query}", content, blobType: null);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task PutBlockAsync(int block, byte[] content) => Assert.AreEqual(HttpStatusCode.Created, (await PutAsync($"block&blockid={Uri.EscapeDataString(IdOf(block))}", content)).Status);

    private Task<(HttpStatusCode Status, string Text)> PutListAsync(int blocks) =>
        PutAsync("blocklist", Encoding.UTF8.GetBytes($"<BlockList>{string.Concat(Enumerable.Range(0, blocks).Select(block => $"<Latest>{IdOf(block)}</Latest>"))}</BlockList>"));

    /// <summary>Puts the file in two blocks.</summary>
    private async Task PutBlocksAsync()
    {
        await PutBlockAsync(0, File[..40]);
        await PutBlockAsync(1, File[40..]);
    }

    private static void IsThereAlready((HttpStatusCode Status, string Text) answer)
    {
        Assert.AreEqual(HttpStatusCode.Conflict, answer.Status, answer.Text);
        StringAssert.Contains(answer.Text, "BlobAlreadyExists");
    }

    private async Task IsAcceptedAsync()
    {
        var ended = await host.WhenEndedAsync(clerk, place.GetProperty("key").GetString()!);
        Assert.AreEqual(("Accepted", 2), (ended.GetProperty("status").GetString(), ended.GetProperty("counts").GetProperty("rows").GetInt32()), $"{ended}");
    }

    [TestMethod]
    public async Task A_list_that_is_put_again_because_its_answer_was_lost_is_told_that_the_file_is_there()
    {
        await PutBlocksAsync();
        Assert.AreEqual(HttpStatusCode.Created, (await PutListAsync(2)).Status);

        IsThereAlready(await PutListAsync(2));

        await IsAcceptedAsync();
    }

    [TestMethod]
    public async Task A_list_that_is_put_again_starts_the_upload_of_a_file_whose_start_was_lost()
    {
        var data = host.App.Services.GetRequiredService<DataFolder>();
        var path = new Uri(Url).AbsolutePath[UploadUrls.Route.Length..];
        await data.Ports.Blobs.WriteAsync(path, File, CancellationToken.None);

        IsThereAlready(await PutListAsync(2));

        Assert.IsFalse(await data.Platform.Intake.AcceptIfMissedAsync((await data.Ports.Blobs.FindAsync(path, CancellationToken.None))!, CancellationToken.None), "it has been started");
        await IsAcceptedAsync();
    }

    [TestMethod]
    [DataRow(1, DisplayName = "before the blocks are looked for")]
    [DataRow(2, DisplayName = "before the first block is copied")]
    [DataRow(3, DisplayName = "between two blocks")]
    public async Task Of_two_lists_at_once_one_makes_the_file_and_the_other_is_told_that_it_is_there(int looks)
    {
        await PutBlocksAsync();
        var other = default((HttpStatusCode Status, string Text));
        reading = async () =>
        {
            if (--looks == 0) other = await PutListAsync(2);
        };

        IsThereAlready(await PutListAsync(2));

        Assert.AreEqual(HttpStatusCode.Created, other.Status, other.Text);
        await IsAcceptedAsync();
    }

    [TestMethod]
    public async Task Of_two_puts_of_one_block_at_once_the_one_that_ends_last_counts()
    {
        await PutBlockAsync(0, File[..40]);
        var others = 0;
        writing = async () =>
        {
            if (others++ == 0) await PutBlockAsync(1, File[40..60]);
        };

        await PutBlockAsync(1, File[40..]);

        Assert.AreEqual(2, others, "both were written");
        Assert.AreEqual(HttpStatusCode.Created, (await PutListAsync(2)).Status);
        await IsAcceptedAsync();
    }
}
