using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Aim.Records;
using Aim.Tests.Setup;

namespace Aim.Tests.Movement;

/// <summary>A child who finished last year in district 0456 and is in district 0123 now, and what is derived of such children, over HTTP.</summary>
[TestClass]
public sealed class TransferRouteTests
{
    private RunningHost host = null!;
    private HttpClient asking = null!;
    private HttpClient releasing = null!;
    private SchoolYear year;

    [TestInitialize]
    public async Task StartAsync()
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        year = new SchoolYear(today.Month >= 7 ? today.Year + 1 : today.Year);
        var folder = AssemblySetup.NewFolder("transfers");
        await using (var bench = await TwoDistricts.OpenAsync(folder: folder))
        {
            foreach (var published in new[] { year, year.Previous }) await bench.Platform.References.PublishAsync(Sample.Reference(published), CancellationToken.None);
            await TwoDistricts.SendAsync(bench,
                new Stay(Sample.OtherDistrict, year.Previous, ("SchoolNumber", Sample.OtherSchool), ("Grade", "08"), ("StartDate", Day(year.EndYear - 2, 8, 27)), ("EndDate", Day(year.EndYear - 1, 6, 3)), ("EndStatus", "190")),
                new Stay(Sample.District, year, ("SchoolNumber", Sample.HighSchool), ("Grade", "09"), ("StartDate", Day(year.EndYear - 1, 8, 27)), ("StartStatus", "04")));
        }
        host = await RunningHost.StartAsync(folder);
        (asking, releasing) = (await host.AsAsync("clerk-0123"), await host.AsAsync("clerk-0456"));
    }

    [TestCleanup]
    public async Task StopAsync() => await host.DisposeAsync();

    private static string Day(int year, int month, int day) => new DateOnly(year, month, day).ToString("MM/dd/yyyy", CultureInfo.InvariantCulture);

    private static async Task<JsonElement> PostAsync(HttpClient client, string path, object body, HttpStatusCode expected)
    {
        using var response = await client.PostAsJsonAsync($"/api/v1/records-transfers{path}", body);
        Assert.AreEqual(expected, response.StatusCode, await response.Content.ReadAsStringAsync());
        return await RunningHost.ReadAsync(response);
    }

    private async Task<JsonElement> ListAsync(HttpClient client, string district, string more = "") => (await RunningHost.ReadAsync(await client.GetAsync($"/api/v1/records-transfers?district={district}&year={year}{more}"))).GetProperty("transfers");

    [TestMethod]
    public async Task Records_are_asked_for_released_read_and_received()
    {
        var id = (await PostAsync(asking, "", new { stateId = $"{TwoDistricts.Child}", district = "0123", note = "Grade 9." }, HttpStatusCode.Created)).GetProperty("id").GetString()!;
        await PostAsync(asking, "", new { stateId = $"{TwoDistricts.Child}", district = "0123" }, HttpStatusCode.Conflict);
        Assert.AreEqual((id, "Requested"), ((await ListAsync(releasing, "0456", "&status=Requested"))[0].GetProperty("id").GetString(), (await ListAsync(releasing, "0456"))[0].GetProperty("status").GetString()));
        Assert.AreEqual(0, (await ListAsync(releasing, "0456", "&overdue=true")).GetArrayLength());
        Assert.AreEqual(HttpStatusCode.NotFound, (await asking.GetAsync($"/api/v1/records-transfers/{id}/records")).StatusCode);
        await PostAsync(asking, $"/{id}/release", new { }, HttpStatusCode.Forbidden);

        await PostAsync(releasing, $"/{id}/release", new { recordTypes = new[] { "EN" } }, HttpStatusCode.OK);

        var text = await asking.GetStringAsync($"/api/v1/records-transfers/{id}/records");
        var record = JsonSerializer.Deserialize<JsonElement>(text)[0];
        Assert.AreEqual(("0456", "EN", "08"), (record.GetProperty("district").GetString(), record.GetProperty("record").GetProperty("recordType").GetString(), record.GetProperty("record").GetProperty("fields").GetProperty("grade").GetString()));
        Assert.DoesNotContain("Rivers", text, "demographics were not released");
        Assert.DoesNotContain(TwoDistricts.OtherLocalId, await asking.GetStringAsync($"/api/v1/students/{TwoDistricts.Child}"), "what was released is read there and nowhere else");
        var confirmed = await PostAsync(asking, $"/{id}/receipt", new { }, HttpStatusCode.OK);
        Assert.AreEqual(("Received", JsonValueKind.Null), (confirmed.GetProperty("status").GetString(), confirmed.GetProperty("released").GetProperty("by").ValueKind));
        var log = await RunningHost.ReadAsync(await (await host.AsAsync("reviewer")).GetAsync($"/api/v1/students/{TwoDistricts.Child}/disclosures"));
        Assert.AreEqual("1 1", string.Join(' ', new[] { "release of EN", "records released by request" }.Select(what => log.EnumerateArray().Count(entry => entry.GetProperty("what").GetString()!.StartsWith(what, StringComparison.Ordinal)))));
    }

    [TestMethod]
    public async Task Nobody_else_learns_of_a_request_and_no_one_asks_for_a_child_of_others()
    {
        var id = (await PostAsync(asking, "", new { stateId = $"{TwoDistricts.Child}", district = "0123" }, HttpStatusCode.Created)).GetProperty("id").GetString()!;
        Assert.AreEqual(HttpStatusCode.Forbidden, (await asking.GetAsync($"/api/v1/records-transfers?district=0456&year={year}")).StatusCode);
        await PostAsync(releasing, "", new { stateId = $"{TwoDistricts.Child}", district = "0123" }, HttpStatusCode.Forbidden);
        await PostAsync(releasing, "", new { stateId = $"{TwoDistricts.Child}", district = "0456" }, HttpStatusCode.NotFound);
        await PostAsync(asking, "", new { stateId = $"{TwoDistricts.Child}", district = "0123", recordTypes = new[] { "ZZ" } }, HttpStatusCode.BadRequest);
        await PostAsync(releasing, $"/{id}/withdrawal", new { }, HttpStatusCode.Forbidden);
        Assert.AreEqual("Withdrawn", (await PostAsync(asking, $"/{id}/withdrawal", new { }, HttpStatusCode.OK)).GetProperty("status").GetString());
    }

    [TestMethod]
    public async Task A_district_reads_its_dropouts_and_its_cohort_as_of_a_day()
    {
        var cohort = year.EndYear + 3;
        var afterFall = $"{year.EndYear}-10-01";
        var dropouts = await RunningHost.ReadAsync(await asking.GetAsync($"/api/v1/districts/0123/dropouts/{year}?asOf={afterFall}"));
        Assert.AreEqual((1, 1, "NotReturned"), (dropouts.GetProperty("count").GetInt32(), dropouts.GetProperty("byGrade").GetProperty("09").GetInt32(), dropouts.GetProperty("students")[0].GetProperty("reason").GetString()));
        Assert.AreEqual(0, (await RunningHost.ReadAsync(await asking.GetAsync($"/api/v1/districts/0123/dropouts/{year}?asOf={year.EndYear}-09-30"))).GetProperty("count").GetInt32());
        Assert.AreEqual(0, (await RunningHost.ReadAsync(await releasing.GetAsync($"/api/v1/districts/0456/dropouts/{year.Previous}?asOf={afterFall}"))).GetProperty("count").GetInt32(), "the child went to another district");
        var members = await RunningHost.ReadAsync(await asking.GetAsync($"/api/v1/districts/0123/cohorts/{cohort}?asOf={year.EndYear}-01-15"));
        Assert.AreEqual((1, 1, 0, 1), (members.GetProperty("members").GetInt32(), members.GetProperty("adjusted").GetInt32(), members.GetProperty("graduated").GetInt32(), members.GetProperty("byOutcome").GetProperty("StillEnrolled").GetInt32()));
        Assert.AreEqual("FirstGrade9", members.GetProperty("students")[0].GetProperty("basis").GetString());
        Assert.AreEqual(HttpStatusCode.Forbidden, (await releasing.GetAsync($"/api/v1/districts/0123/cohorts/{cohort}")).StatusCode);
        Assert.AreEqual(HttpStatusCode.BadRequest, (await asking.GetAsync($"/api/v1/districts/0123/dropouts/{year}?cursor=x")).StatusCode);
    }

    [TestMethod]
    public async Task A_transfer_out_of_the_state_leaves_the_cohort_once_the_district_notes_its_documentation()
    {
        var path = $"/api/v1/districts/0123/cohorts/{year.EndYear + 3}";
        Assert.AreEqual(HttpStatusCode.NotFound, (await asking.PutAsJsonAsync($"{path}/documentation/{TwoDistricts.Child}", new { note = "Letter." })).StatusCode, "the student is enrolled");
        var kept = (await RunningHost.ReadAsync(await asking.GetAsync(path))).GetProperty("computedAt").GetDateTimeOffset();
        await LeaveTheStateAsync();
        Assert.AreEqual("StillEnrolled", (await RunningHost.ReadAsync(await asking.GetAsync(path))).GetProperty("students")[0].GetProperty("outcome").GetString(), "as it was first computed, and is kept");
        var before = await RunningHost.ReadAsync(await asking.GetAsync($"{path}?fresh=true"));
        Assert.AreEqual((1, true, "Unknown"), (before.GetProperty("adjusted").GetInt32(), before.GetProperty("students")[0].GetProperty("needsDocumentation").GetBoolean(), before.GetProperty("students")[0].GetProperty("outcome").GetString()));

        Assert.IsGreaterThan(kept, before.GetProperty("computedAt").GetDateTimeOffset());
        Assert.AreEqual(HttpStatusCode.Forbidden, (await releasing.PutAsJsonAsync($"{path}/documentation/{TwoDistricts.Child}", new { note = "Letter." })).StatusCode);
        Assert.AreEqual(HttpStatusCode.BadRequest, (await asking.PutAsJsonAsync($"{path}/documentation/{TwoDistricts.Child}", new { note = " " })).StatusCode);
        Assert.AreEqual(HttpStatusCode.NoContent, (await asking.PutAsJsonAsync($"{path}/documentation/{TwoDistricts.Child}", new { note = "Request for records of the new school, in the file." })).StatusCode);

        var after = await RunningHost.ReadAsync(await asking.GetAsync(path));
        Assert.AreEqual((1, 0, "TransferredOut"), (after.GetProperty("members").GetInt32(), after.GetProperty("adjusted").GetInt32(), after.GetProperty("students")[0].GetProperty("outcome").GetString()));

        var address = $"{path}/documentation/{TwoDistricts.Child}";
        Assert.AreEqual("Request for records of the new school, in the file.", (await RunningHost.ReadAsync(await asking.GetAsync(address)))[0].GetProperty("note").GetString());
        Assert.AreEqual(HttpStatusCode.NoContent, (await asking.DeleteAsync(address)).StatusCode);
        Assert.AreEqual(HttpStatusCode.NotFound, (await asking.DeleteAsync(address)).StatusCode, "it is taken back already");
        var withdrawn = await RunningHost.ReadAsync(await asking.GetAsync(path));
        Assert.AreEqual((1, true), (withdrawn.GetProperty("adjusted").GetInt32(), withdrawn.GetProperty("students")[0].GetProperty("needsDocumentation").GetBoolean()));
        Assert.AreEqual(JsonValueKind.String, (await RunningHost.ReadAsync(await asking.GetAsync(address)))[0].GetProperty("withdrawnBy").ValueKind, "what was noted and taken back is still told");
    }

    [TestMethod]
    public async Task Every_note_on_an_exit_stays_on_record_and_none_is_written_over()
    {
        await LeaveTheStateAsync();
        var address = $"/api/v1/districts/0123/cohorts/{year.EndYear + 3}/documentation/{TwoDistricts.Child}";
        Assert.AreEqual(HttpStatusCode.NoContent, await NoteAsync(address, "First."));
        Assert.AreEqual(HttpStatusCode.NoContent, await NoteAsync(address, "First."), "said once more");
        using (var second = await asking.PutAsJsonAsync(address, new { note = "Second." }))
        {
            Assert.AreEqual(HttpStatusCode.Conflict, second.StatusCode);
            Assert.Contains("take it back", (await RunningHost.ReadAsync(second)).GetProperty("detail").GetString()!);
        }
        Assert.AreEqual("First.", await NotedAsync(address));

        await asking.DeleteAsync(address);
        Assert.AreEqual(HttpStatusCode.NoContent, await NoteAsync(address, "Second."));
        await asking.DeleteAsync(address);
        Assert.AreEqual(HttpStatusCode.NoContent, await NoteAsync(address, "First."), "what was taken back may be noted anew");

        Assert.AreEqual("First. withdrawn, Second. withdrawn, First.", await NotedAsync(address));
    }

    [TestMethod]
    public async Task A_note_on_an_exit_follows_the_student_when_the_State_ID_is_merged()
    {
        var survivor = new StateId(TwoDistricts.Child.Value + 1);
        await LeaveTheStateAsync(bench => bench.RegisterAsync(TwoDistricts.Known with { StateId = survivor }));
        var path = $"/api/v1/districts/0123/cohorts/{year.EndYear + 3}";
        var (before, after) = ($"{path}/documentation/{TwoDistricts.Child}", $"{path}/documentation/{survivor}");
        Assert.AreEqual(HttpStatusCode.NoContent, await NoteAsync(before, "In folder 7."));

        using (var merged = await (await host.AsAsync("reviewer")).PostAsJsonAsync("/api/v1/identity/merges", new { retired = $"{TwoDistricts.Child}", survivor = $"{survivor}", reason = "One child." }))
            Assert.IsTrue(merged.IsSuccessStatusCode, await merged.Content.ReadAsStringAsync());

        Assert.AreEqual($"{survivor} TransferredOut False", await MemberAsync());
        Assert.AreEqual(("In folder 7.", "In folder 7."), (await NotedAsync(before), await NotedAsync(after)));
        Assert.AreEqual(HttpStatusCode.Conflict, await NoteAsync(after, "In folder 8."));
        Assert.AreEqual(HttpStatusCode.Conflict, await NoteAsync(before, "In folder 8."));
        Assert.AreEqual(HttpStatusCode.NoContent, (await asking.DeleteAsync(after)).StatusCode);
        Assert.AreEqual($"{survivor} Unknown True", await MemberAsync());
        Assert.AreEqual(HttpStatusCode.NoContent, await NoteAsync(before, "In folder 8."));
        Assert.AreEqual($"{survivor} TransferredOut False", await MemberAsync());
        Assert.AreEqual("In folder 7. withdrawn, In folder 8.", await NotedAsync(after));

        async Task<string> MemberAsync()
        {
            var member = (await RunningHost.ReadAsync(await asking.GetAsync($"{path}?fresh=true"))).GetProperty("students").EnumerateArray().Single();
            return $"{member.GetProperty("student").GetString()} {member.GetProperty("outcome").GetString()} {member.GetProperty("needsDocumentation").GetBoolean()}";
        }
    }

    /// <summary>District 0123 says that the child has transferred out of the state.</summary>
    private async Task LeaveTheStateAsync(Func<Workbench, Task>? also = null)
    {
        await host.DisposeAsync();
        await using (var bench = await TwoDistricts.OpenAsync(folder: host.Folder))
        {
            await TwoDistricts.SendAsync(bench, new Stay(Sample.District, year, ("SchoolNumber", Sample.HighSchool), ("Grade", "09"), ("StartDate", Day(year.EndYear - 1, 8, 27)), ("StartStatus", "04"), ("EndDate", Day(year.EndYear - 1, 9, 15)), ("EndStatus", "130")));
            if (also is not null) await also(bench);
        }
        host = await RunningHost.StartAsync(host.Folder);
        (asking, releasing) = (await host.AsAsync("clerk-0123"), await host.AsAsync("clerk-0456"));
    }

    private async Task<HttpStatusCode> NoteAsync(string address, string note)
    {
        using var response = await asking.PutAsJsonAsync(address, new { note });
        return response.StatusCode;
    }

    private async Task<string> NotedAsync(string address) => string.Join(", ", (await RunningHost.ReadAsync(await asking.GetAsync(address))).EnumerateArray()
        .Select(note => $"{note.GetProperty("note").GetString()}{(note.GetProperty("withdrawnBy").ValueKind == JsonValueKind.String ? " withdrawn" : "")}"));
}
