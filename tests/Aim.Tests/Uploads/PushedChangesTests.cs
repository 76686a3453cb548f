using System.Text;
using System.Text.Json;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Uploads;

[TestClass]
public sealed class PushedChangesTests
{
    private static readonly EditionKey Edition = new(Sample.District, Sample.Year);

    private Workbench bench = null!;

    [TestInitialize]
    public async Task Open() => bench = await Workbench.OpenAsync();

    [TestCleanup]
    public async Task Close() => await bench.DisposeAsync();

    private PushedChanges Pushed => bench.Platform.Pushed;

    /// <summary>Puts a file as a district's own system does, and gives the message about it.</summary>
    private async Task<PushMessage> PutAsync(long sequence, string text, string type = "SD")
    {
        var path = $"pushed/{Sample.District}/{Sample.Year}/{type}/{Guid.NewGuid():N}/changes.tsv";
        ReadOnlyMemory<byte> file = Encoding.UTF8.GetBytes(text);
        await bench.Ports.Blobs.WriteAsync(path, file, CancellationToken.None);
        return new PushMessage(1, Sample.District, Sample.Year, sequence, type, path, (await bench.Ports.Blobs.FindAsync(path, CancellationToken.None))!.ETag);
    }

    private Task<PushedChangeReceipt> SendAsync(PushMessage message) => SendAsync(JsonSerializer.Serialize(message, JsonSerializerOptions.Web));

    private async Task<PushedChangeReceipt> SendAsync(string body, string? session = null)
    {
        var received = await Pushed.ReceiveAsync(session ?? Sample.District.Value, Encoding.UTF8.GetBytes(body), CancellationToken.None);
        return new PushedChangeReceipt(received.Receipt, received.Reason);
    }

    private sealed record PushedChangeReceipt(PushReceipt Receipt, string? Reason);

    private async Task<long> RowsAsync() => (await bench.Ports.Editions.GetHeadAsync(Edition, CancellationToken.None)).RowCount;

    private static string Students(params string[] localIds) => Sample.Tsv("SD", [.. localIds.Select(id => Sample.Student(id))]);

    [TestMethod]
    public async Task A_pushed_file_reaches_the_state_record()
    {
        await SendAsync(await PutAsync(1, Students("1001")));

        var position = await Pushed.DrainAsync(Edition, CancellationToken.None);

        Assert.AreEqual(new PushPosition(1, null), position);
        Assert.IsNotNull(await bench.StateIdOfAsync("1001"));
    }

    [TestMethod]
    public async Task Messages_out_of_order_are_applied_in_the_order_of_their_numbers()
    {
        var (first, second) = (await PutAsync(1, Sample.Tsv("SD", Sample.Student("1001", ("FirstName", "First")))), await PutAsync(2, Sample.Tsv("SD", Sample.Student("1001", ("FirstName", "Second")))));

        await SendAsync(second);
        Assert.AreEqual(new PushPosition(0, null, Missing: 1), await Pushed.DrainAsync(Edition, CancellationToken.None), "the second waits for the first");
        Assert.AreEqual(0, await RowsAsync());
        await SendAsync(first);
        Assert.AreEqual(new PushPosition(2, null), await Pushed.DrainAsync(Edition, CancellationToken.None));

        var id = (await bench.StateIdOfAsync("1001"))!.Value;
        Assert.AreEqual("Second", (await bench.Ports.Identities.FindAsync([id], CancellationToken.None))[id].FirstName);
    }

    [TestMethod]
    public async Task A_message_delivered_twice_changes_nothing()
    {
        var message = await PutAsync(1, Students("1001"));
        Assert.AreEqual(PushReceipt.Noted, (await SendAsync(message)).Receipt);
        await Pushed.DrainAsync(Edition, CancellationToken.None);

        Assert.AreEqual(PushReceipt.Repeated, (await SendAsync(message)).Receipt);

        Assert.AreEqual(new PushPosition(1, null), await Pushed.DrainAsync(Edition, CancellationToken.None));
        Assert.AreEqual(1, (await bench.Ports.Editions.GetHeadAsync(Edition, CancellationToken.None)).Version);
    }

    [TestMethod]
    public async Task A_number_used_for_another_file_is_refused()
    {
        await SendAsync(await PutAsync(1, Students("1001")));

        var again = await SendAsync(await PutAsync(1, Students("1002")));

        Assert.AreEqual(PushReceipt.Refused, again.Receipt);
        StringAssert.Contains(again.Reason, "next number");
    }

    [TestMethod]
    public async Task A_file_that_cannot_be_loaded_stops_the_district_until_its_number_is_skipped()
    {
        await SendAsync(await PutAsync(1, "no header at all"));
        await SendAsync(await PutAsync(2, Students("1002")));

        var stopped = await Pushed.DrainAsync(Edition, CancellationToken.None);
        Assert.AreEqual(0, stopped.Applied);
        StringAssert.Contains(stopped.Stop, "header");
        Assert.AreEqual(stopped, await Pushed.DrainAsync(Edition, CancellationToken.None), "it stays stopped");
        Assert.AreEqual(0, await RowsAsync());

        Assert.IsTrue(await Pushed.SkipAsync(Edition, "clerk", CancellationToken.None));
        Assert.AreEqual(new PushPosition(2, null), await Pushed.DrainAsync(Edition, CancellationToken.None));
        Assert.AreEqual(1, await RowsAsync());
        var skipped = await Pushed.FindNumberAsync(Edition, 1, CancellationToken.None);
        Assert.AreEqual((PushState.Skipped, "clerk"), (skipped.State, skipped.Skipped!.By));
        StringAssert.StartsWith(skipped.Sentence, "It was left out by clerk on ");
        Assert.IsFalse(await Pushed.SkipAsync(Edition, "clerk", CancellationToken.None), "there is nothing to skip any more");
    }

    [TestMethod]
    public async Task A_message_with_a_number_far_ahead_is_refused_with_the_position_and_its_number_stays_free()
    {
        await SendAsync(await PutAsync(1, Students("1001")));
        await Pushed.DrainAsync(Edition, CancellationToken.None);

        var far = await SendAsync(await PutAsync(PushedChanges.MostAhead + 2, Students("1002")));

        Assert.AreEqual((PushReceipt.Refused, "Number 10002 is too far ahead: the district is at number 1, and at most 10000 numbers can wait. Nothing was taken. Send it under the number after the last one you used."), (far.Receipt, far.Reason));
        Assert.AreEqual(new PushPosition(1, null), await Pushed.FindPositionAsync(Edition, CancellationToken.None), "nothing waits");
        Assert.AreEqual(PushReceipt.Noted, (await SendAsync(await PutAsync(PushedChanges.MostAhead + 1, Students("1002")))).Receipt);
    }

    [TestMethod]
    public async Task A_file_that_waits_is_withdrawn_and_another_one_comes_under_its_number()
    {
        await SendAsync(await PutAsync(2, Students("1002")));

        Assert.AreEqual(PushWithdrawal.Withdrawn, await Pushed.WithdrawAsync(Edition, 2, "clerk", CancellationToken.None));
        Assert.AreEqual(PushReceipt.Noted, (await SendAsync(await PutAsync(2, Students("1003")))).Receipt);
        await SendAsync(await PutAsync(1, Students("1001")));

        Assert.AreEqual(new PushPosition(2, null), await Pushed.DrainAsync(Edition, CancellationToken.None));
        Assert.IsNull(await bench.StateIdOfAsync("1002"));
        Assert.IsNotNull(await bench.StateIdOfAsync("1003"));
    }

    [TestMethod]
    public async Task Behind_a_stop_a_number_that_waits_is_withdrawn_and_the_one_it_stopped_at_is_not()
    {
        await SendAsync(await PutAsync(1, "no header at all"));
        await SendAsync(await PutAsync(2, Students("1002")));
        await Pushed.DrainAsync(Edition, CancellationToken.None);

        Assert.AreEqual(PushWithdrawal.TooLate, await Pushed.WithdrawAsync(Edition, 1, "clerk", CancellationToken.None));
        Assert.AreEqual(PushWithdrawal.Withdrawn, await Pushed.WithdrawAsync(Edition, 2, "clerk", CancellationToken.None));

        await Pushed.SkipAsync(Edition, "clerk", CancellationToken.None);
        Assert.AreEqual(new PushPosition(1, null), await Pushed.DrainAsync(Edition, CancellationToken.None));
        Assert.AreEqual(0, await RowsAsync());
    }

    [TestMethod]
    public async Task A_key_in_a_path_that_another_file_has_too_mixes_nothing_up()
    {
        async Task<PushMessage> AtAsync(DistrictId district, string localId)
        {
            var path = $"pushed/{district}/{Sample.Year}/SD/1/changes.tsv";
            ReadOnlyMemory<byte> file = Encoding.UTF8.GetBytes(Sample.Tsv("SD", Sample.Student(localId, ("DistrictNumber", district.Value))));
            await bench.Ports.Blobs.WriteAsync(path, file, CancellationToken.None);
            return new PushMessage(1, district, Sample.Year, 1, "SD", path, (await bench.Ports.Blobs.FindAsync(path, CancellationToken.None))!.ETag);
        }

        foreach (var (district, localId) in new[] { (Sample.District, "1001"), (Sample.OtherDistrict, "2001") })
        {
            await SendAsync(JsonSerializer.Serialize(await AtAsync(district, localId), JsonSerializerOptions.Web), district.Value);
            Assert.AreEqual(new PushPosition(1, null), await Pushed.DrainAsync(new EditionKey(district, Sample.Year), CancellationToken.None));
        }

        Assert.IsNotNull(await bench.StateIdOfAsync("1001"));
        Assert.IsNotNull(await bench.StateIdOfAsync("2001", Sample.OtherDistrict));
        Assert.AreEqual(1, await RowsAsync());
    }

    [TestMethod]
    public async Task A_deleted_file_stops_the_district_with_a_sentence()
    {
        var message = await PutAsync(1, Students("1001"));
        await bench.Ports.Blobs.DeleteAsync(message.Path, CancellationToken.None);
        await SendAsync(message);

        var position = await Pushed.DrainAsync(Edition, CancellationToken.None);

        StringAssert.Contains(position.Stop, "no longer there");
    }

    [TestMethod]
    [DataRow("not json", "not JSON")]
    [DataRow("null", "empty")]
    [DataRow("""{"version":2,"anything":true}""", "version 2")]
    [DataRow("""{"version":1,"district":"0456","year":2026,"sequence":1,"recordType":"SD","path":"pushed/0456/2026/SD/k/f","etag":"e"}""", "another district")]
    [DataRow("""{"version":1,"district":"0123","year":2026,"sequence":0,"recordType":"SD","path":"pushed/0123/2026/SD/k/f","etag":"e"}""", "1 or more")]
    [DataRow("""{"version":1,"district":"0123","year":2026,"sequence":1,"recordType":"SD","path":"pushed/0456/2026/SD/k/f","etag":"e"}""", "names no file")]
    [DataRow("""{"version":1,"district":"0123","year":2026,"sequence":1,"recordType":"SD","path":"uploads/0123/2026/SD/k/f","etag":"e"}""", "names no file")]
    [DataRow("""{"version":1,"district":"0123","year":2026,"sequence":1,"recordType":"EN","path":"pushed/0123/2026/SD/k/f","etag":"e"}""", "names no file")]
    [DataRow("""{"version":1,"district":"12","year":2026,"sequence":1,"recordType":"EN","path":"pushed/0123/2026/SD/k/f","etag":"e"}""", "not JSON")]
    public async Task A_message_that_cannot_be_used_is_refused_with_its_reason(string body, string reason)
    {
        var receipt = await SendAsync(body);

        Assert.AreEqual(PushReceipt.Refused, receipt.Receipt);
        StringAssert.Contains(receipt.Reason, reason);
        Assert.AreEqual(new PushPosition(0, null), await Pushed.FindPositionAsync(Edition, CancellationToken.None));
    }
}
