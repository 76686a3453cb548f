using Aim.Identity;
using Aim.Movement;
using Aim.Ports;
using Aim.Records;
using Aim.Tests.Setup;
using static Aim.Tests.Movement.Stay;

namespace Aim.Tests.Movement;

/// <summary>A child goes from district 0123 to 0456 in October; 0456 asks for the records.</summary>
[TestClass]
public sealed class RecordsTransferTests
{
    private static readonly Caller Old = Clerk("old", Sample.District);
    private static readonly Caller New = Clerk("new", Sample.OtherDistrict);
    private static readonly TransferWish Wish = new(TwoDistricts.Child, Sample.OtherDistrict, null, [], "For the fifth grade.");

    private static Caller Clerk(string id, DistrictId district) => new(id, new HashSet<string> { Role.District }, new HashSet<DistrictId> { district }, IsPerson: true);

    /// <summary>A Thursday.</summary>
    private static HandClock Clock() => new(new DateTimeOffset(2025, 10, 9, 15, 0, 0, TimeSpan.Zero));

    private static async Task<Workbench> MovedAsync(HandClock clock)
    {
        var bench = await TwoDistricts.OpenAsync(clock);
        await TwoDistricts.SendAsync(bench, Here("08/25/2025", "10/01/2025", "120"), There("10/02/2025"));
        return bench;
    }

    private static async Task<RecordsTransfer> DoneAsync(Task<TransferOutcome> act)
    {
        var outcome = await act;
        Assert.IsNull(outcome.Refusal);
        return outcome.Transfer!;
    }

    private static async Task RefusedAsync(Task<TransferOutcome> act, string says, bool unknown = false)
    {
        var outcome = await act;
        StringAssert.Contains(outcome.Refusal, says);
        Assert.AreEqual(unknown, outcome.IsUnknown);
    }

    private static async Task<List<RecordsTransfer>> ListedAsync(Workbench bench, DistrictId district) => await bench.Platform.Transfers.ListAsync(district, Sample.Year, null, CancellationToken.None).ToListAsync();

    [TestMethod]
    public async Task A_request_is_due_after_five_working_days_and_both_districts_see_it_until_it_is_received()
    {
        var clock = Clock();
        await using var bench = await MovedAsync(clock);
        var transfers = bench.Platform.Transfers;

        var asked = await DoneAsync(transfers.RequestAsync(New, Wish, CancellationToken.None));

        Assert.AreEqual((Sample.District, Sample.OtherDistrict, new DateOnly(2025, 10, 16)), (asked.From, asked.To, asked.Due));
        Assert.IsFalse(asked.IsOverdue(asked.Due));
        Assert.IsTrue(asked.IsOverdue(asked.Due.AddDays(1)));
        foreach (var district in new[] { Sample.District, Sample.OtherDistrict }) Assert.AreEqual((asked.Id, TransferStatus.Requested), ((await ListedAsync(bench, district)).Single().Id, (await ListedAsync(bench, district)).Single().Status));
        await RefusedAsync(transfers.ReceiveAsync(New, asked.Id, null, CancellationToken.None), "Nothing was released");

        clock.Pass(TimeSpan.FromDays(1));
        var released = await DoneAsync(transfers.ReleaseAsync(Old, asked.Id, [], "All we have.", CancellationToken.None));
        Assert.AreEqual(("EN SD", "old", TransferStatus.Released), (string.Join(' ', released.RecordTypes), released.Released!.By, released.Status));
        Assert.IsFalse(released.IsOverdue(asked.Due.AddDays(1)));
        await RefusedAsync(transfers.ReleaseAsync(Old, asked.Id, [], null, CancellationToken.None), "closed");
        await RefusedAsync(transfers.WithdrawAsync(New, asked.Id, null, CancellationToken.None), "released already");

        var received = await DoneAsync(transfers.ReceiveAsync(New, asked.Id, null, CancellationToken.None));
        Assert.AreEqual((TransferStatus.Received, "new"), (received.Status, received.Received!.By));
        Assert.AreEqual(received, await DoneAsync(transfers.ReceiveAsync(New, asked.Id, null, CancellationToken.None)) with { Versions = received.Versions, RecordTypes = received.RecordTypes, Asked = received.Asked }, "confirmed twice is once");
    }

    [TestMethod]
    public async Task What_was_released_is_read_as_it_was_then_and_nothing_else_is()
    {
        await using var bench = await MovedAsync(Clock());
        var asked = await DoneAsync(bench.Platform.Transfers.RequestAsync(New, Wish, CancellationToken.None));
        var released = await DoneAsync(bench.Platform.Transfers.ReleaseAsync(Old, asked.Id, ["EN"], null, CancellationToken.None));

        await TwoDistricts.SendAsync(bench, Here("08/25/2025", "09/30/2025", "120"));

        var read = await bench.Platform.Transfers.ReleasedAsync(released, CancellationToken.None).ToListAsync();
        Assert.AreEqual((Sample.Year, Sample.District, "EN"), (read.Single().Year, read.Single().Contribution.District, read.Single().Section.Type.Code), "no demographics, and nothing of the new district's own");
        Assert.AreEqual(new DateOnly(2025, 10, 1), RecordTypes.Enrollment.Read(read.Single().Section.Content.Span).EndDate, "as it was at the release");
        var log = (await ReleasesAsync(bench)).Single();
        Assert.AreEqual("old", log.Caller);
        foreach (var part in new[] { "EN", "0123", "0456", "34 CFR 99.31(a)(2)" }) StringAssert.Contains(log.What, part);
    }

    [TestMethod]
    public async Task A_request_is_refused_for_a_child_the_district_does_not_have_as_if_there_were_no_such_child()
    {
        await using var bench = await MovedAsync(Clock());
        var transfers = bench.Platform.Transfers;
        await RefusedAsync(transfers.RequestAsync(Old, Wish with { To = Sample.District, From = Sample.OtherDistrict }, CancellationToken.None), "enrolled in district 0123 today", unknown: true);
        var left = (await transfers.RequestAsync(Old, Wish with { To = Sample.District }, CancellationToken.None)).Refusal;
        Assert.AreEqual(left, (await transfers.RequestAsync(Old, Wish with { To = Sample.District, Student = new StateId(999_999_998) }, CancellationToken.None)).Refusal);
        await RefusedAsync(transfers.RequestAsync(New, Wish with { From = new DistrictId("0789") }, CancellationToken.None), "no other district");
        await RefusedAsync(transfers.RequestAsync(New, Wish with { From = Sample.OtherDistrict }, CancellationToken.None), "no other district");
        Assert.IsEmpty(await ListedAsync(bench, Sample.District));
    }

    private static async Task<List<Disclosure>> ReleasesAsync(Workbench bench) =>
        [.. (await bench.Platform.Disclosures.OfStudentAsync(TwoDistricts.Child, CancellationToken.None)).Where(entry => entry.What.StartsWith("release of", StringComparison.Ordinal))];

    [TestMethod]
    public async Task Whom_a_district_asks_for_a_childs_records_is_in_the_disclosure_log_whatever_the_answer()
    {
        await using var bench = await MovedAsync(Clock());
        await RefusedAsync(bench.Platform.Transfers.RequestAsync(New, Wish with { From = new DistrictId("0789") }, CancellationToken.None), "no other district");
        await DoneAsync(bench.Platform.Transfers.RequestAsync(New, Wish, CancellationToken.None));

        var log = await bench.Platform.Disclosures.OfStudentAsync(TwoDistricts.Child, CancellationToken.None);
        Assert.AreEqual("new request of district 0456 for the records of district 0123|new request of district 0456 for the records of district 0789", string.Join('|', log.Select(entry => $"{entry.Caller} {entry.What}").Order(StringComparer.Ordinal)));
    }

    [TestMethod]
    public async Task Who_begins_next_week_is_not_enrolled_today()
    {
        await using var bench = await TwoDistricts.OpenAsync(Clock());
        await TwoDistricts.SendAsync(bench, Here("08/25/2025", "10/01/2025", "120"), There("10/16/2025"));
        await RefusedAsync(bench.Platform.Transfers.RequestAsync(New, Wish, CancellationToken.None), "enrolled in district 0456 today", unknown: true);
    }

    [TestMethod]
    public async Task Of_releases_and_a_withdrawal_at_once_one_happens_and_the_log_has_no_more_than_that()
    {
        for (var round = 0; round < 8; round++)
        {
            await using var bench = await MovedAsync(Clock());
            var transfers = bench.Platform.Transfers;
            var asked = await DoneAsync(transfers.RequestAsync(New, Wish, CancellationToken.None));
            Task<TransferOutcome> Act(int i) => i == 3 ? transfers.WithdrawAsync(New, asked.Id, null, CancellationToken.None) : transfers.ReleaseAsync(Old, asked.Id, [], null, CancellationToken.None);
            var done = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => Act(i))));

            Assert.HasCount(1, done.Where(outcome => outcome.Transfer is not null));
            Assert.HasCount((await transfers.FindAsync(asked.Id, CancellationToken.None))!.Value.Transfer.Released is null ? 0 : 1, await ReleasesAsync(bench));
        }
    }

    [TestMethod]
    public async Task A_release_that_died_before_it_was_logged_is_logged_before_anything_is_read()
    {
        var unlogged = 0;
        for (var length = 1; ; length++)
        {
            await using var bench = await MovedAsync(Clock());
            var asked = await DoneAsync(bench.Platform.Transfers.RequestAsync(New, Wish, CancellationToken.None));
            var dying = CrashingPorts.With(bench.Ports, new Fuse(length));
            var done = false;
            try
            {
                done = (await new RecordsTransfers(dying.State, dying.Identities, dying.Ledger, new DisclosureLog(dying.Ledger, bench.Ports.Clock), bench.Platform.Calendar, bench.Ports.Clock)
                    .ReleaseAsync(Old, asked.Id, [], null, CancellationToken.None)).Transfer is not null;
            }
            catch (CrashException)
            {
                // As it may be at any moment.
            }
            var found = (await bench.Platform.Transfers.FindAsync(asked.Id, CancellationToken.None))!.Value.Transfer;
            if (found.Released is null) Assert.IsEmpty(await ReleasesAsync(bench), $"died at {length}");
            else
            {
                unlogged += (await ReleasesAsync(bench)).Count == 0 ? 1 : 0;
                Assert.AreNotEqual(0, await bench.Platform.Transfers.ReleasedAsync(found, CancellationToken.None).CountAsync());
                Assert.HasCount(1, await ReleasesAsync(bench), $"died at {length}");
            }
            if (done) break;
        }
        Assert.IsGreaterThan(0, unlogged, "it died between the two");
    }

    [TestMethod]
    public async Task Records_of_a_child_whose_State_ID_was_merged_meanwhile_are_released_under_the_one_that_is_left()
    {
        await using var bench = await MovedAsync(Clock());
        var survivor = new StateId(100_200_302);
        await bench.RegisterAsync(new Person { StateId = survivor, LastName = "Rivers", FirstName = "Anna", BirthDate = new DateOnly(2015, 6, 1), Gender = "F" });
        var asked = await DoneAsync(bench.Platform.Transfers.RequestAsync(New, Wish, CancellationToken.None));
        Assert.AreEqual(MergeStatus.Done, await bench.Platform.IdentityMerges.MergeAsync(TwoDistricts.Child, survivor, "One child.", "reviewer", CancellationToken.None));

        var released = await DoneAsync(bench.Platform.Transfers.ReleaseAsync(Old, asked.Id, ["EN"], null, CancellationToken.None));

        Assert.AreEqual(survivor, released.Student);
        Assert.AreEqual(Sample.District, (await bench.Platform.Transfers.ReleasedAsync(released, CancellationToken.None).ToListAsync()).Single().Contribution.District);
    }

    [TestMethod]
    public async Task Nothing_is_released_to_a_district_that_the_child_has_left()
    {
        await using var bench = await MovedAsync(Clock());
        var asked = await DoneAsync(bench.Platform.Transfers.RequestAsync(New, Wish, CancellationToken.None));
        await RefusedAsync(bench.Platform.Transfers.ReleaseAsync(Old, asked.Id, ["SE"], null, CancellationToken.None), "no records of these types");

        await TwoDistricts.SendAsync(bench, There("10/02/2025", "10/08/2025", "130"));

        await RefusedAsync(bench.Platform.Transfers.ReleaseAsync(Old, asked.Id, [], null, CancellationToken.None), "not enrolled in district 0456 any more");
        Assert.IsEmpty(await ReleasesAsync(bench));
    }

    [TestMethod]
    public async Task The_same_records_are_asked_for_once_at_a_time_and_again_when_they_were_withdrawn()
    {
        await using var bench = await MovedAsync(Clock());
        var transfers = bench.Platform.Transfers;
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => transfers.RequestAsync(New, Wish, CancellationToken.None))));
        var asked = outcomes.Single(outcome => outcome.Transfer is not null).Transfer!;
        Assert.HasCount(1, await ListedAsync(bench, Sample.District));
        await RefusedAsync(transfers.RequestAsync(New, Wish, CancellationToken.None), asked.Id);

        await DoneAsync(transfers.WithdrawAsync(New, asked.Id, "Twins mixed up.", CancellationToken.None));
        await RefusedAsync(transfers.ReleaseAsync(Old, asked.Id, [], null, CancellationToken.None), "closed");
        var again = await DoneAsync(transfers.RequestAsync(New, Wish, CancellationToken.None));

        Assert.AreNotEqual(asked.Id, again.Id);
        Assert.HasCount(2, await ListedAsync(bench, Sample.OtherDistrict));
    }

    [TestMethod]
    public async Task A_request_that_dies_at_any_moment_and_is_repeated_is_one_request_that_both_districts_find()
    {
        var deaths = 0;
        for (var length = 1; ; length++)
        {
            await using var bench = await MovedAsync(Clock());
            var dying = CrashingPorts.With(bench.Ports, new Fuse(length));
            var done = false;
            try
            {
                done = (await new RecordsTransfers(dying.State, dying.Identities, dying.Ledger, bench.Platform.Disclosures, bench.Platform.Calendar, bench.Ports.Clock).RequestAsync(New, Wish, CancellationToken.None)).Transfer is not null;
            }
            catch (CrashException)
            {
                deaths++;
            }
            await bench.Platform.Transfers.RequestAsync(New, Wish, CancellationToken.None);

            foreach (var district in new[] { Sample.District, Sample.OtherDistrict }) Assert.HasCount(1, await ListedAsync(bench, district), $"died at {length}");
            if (done) break;
        }
        Assert.IsGreaterThan(8, deaths, "it died often enough to show something");
    }
}
