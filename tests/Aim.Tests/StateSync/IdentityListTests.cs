using System.Net;
using Aim.Host.Commands;
using Aim.Host.Embedded;
using Aim.Ports;
using Aim.Records;
using Aim.Tests.Commands;
using Aim.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim.Tests.StateSync;

/// <summary>Lists of State IDs that come one after another, as those of a large state do. A list is written as its people, each retired one with its survivor: <c>100000001>100000002</c>.</summary>
[TestClass]
public sealed class IdentityListTests
{
    private const string WhatToDo = "Leave it empty in the row of the State ID that is in use; if that one is retired already, undo its merge.";

    [TestMethod]
    [DataRow("100000001>100000002", "100000002>100000001", "100000002 to 100000001 to 100000002", DisplayName = "two")]
    [DataRow("100000001>100000002 100000003>100000004", "100000004>100000001 100000009>100000003 100000002>100000003", "100000004 to 100000001 to 100000002 to 100000003 to 100000004", DisplayName = "to and fro between the lists, and one who leads into them")]
    public async Task A_list_that_closes_a_circle_with_an_earlier_one_is_refused_before_anything_is_written(string first, string second, string circle)
    {
        await using var host = await RunningHost.StartAsync();
        var operators = await host.AsAsync("operator");
        Assert.AreEqual(HttpStatusCode.OK, (await PublishAsync(operators, first)).Status);
        var before = await PeopleAsync(host);

        var (status, body) = await PublishAsync(operators, second, ("thresholds.csv", "Name,Value\nSignificantTotal,12\n"));

        Assert.AreEqual(HttpStatusCode.BadRequest, status);
        StringAssert.Contains(body, $"identities.csv: With what is known already, MergedInto leads in a circle, from State ID {circle}. {WhatToDo}");
        Assert.AreEqual(before, await PeopleAsync(host));
        Assert.IsNull((await host.App.Services.GetRequiredService<AimPlatform>().References.FindAsync(Sample.Year, CancellationToken.None))!.Value.Data.Thresholds);
    }

    [TestMethod]
    [DataRow("100000001>100000002", "100000002", "100000001>100000002 100000002", DisplayName = "the survivor comes in a later list")]
    [DataRow("100000001>100000002", "100000001>100000002", "100000001>100000002", DisplayName = "the same again")]
    [DataRow("100000001>100000002 100000002", "100000002>100000001", "100000001>100000002 100000002", DisplayName = "who is known stays as he is, so that no circle comes of it")]
    [DataRow("100000002>100000003 100000003", "100000001>100000002", "100000001>100000002 100000002>100000003 100000003", DisplayName = "a merge into one who was merged")]
    public async Task A_list_that_goes_on_where_an_earlier_one_ended_is_taken(string first, string second, string people)
    {
        await using var host = await RunningHost.StartAsync();
        var operators = await host.AsAsync("operator");

        Assert.AreEqual(HttpStatusCode.OK, (await PublishAsync(operators, first)).Status);
        Assert.AreEqual(HttpStatusCode.OK, (await PublishAsync(operators, second)).Status);

        Assert.AreEqual(people, await PeopleAsync(host));
    }

    [TestMethod]
    public async Task A_circle_is_opened_by_undoing_the_merge_of_the_one_who_is_in_use()
    {
        await using var host = await RunningHost.StartAsync();
        var operators = await host.AsAsync("operator");
        await PublishAsync(operators, "100000001>100000002");
        Assert.AreEqual(HttpStatusCode.BadRequest, (await PublishAsync(operators, "100000002>100000001")).Status);

        await host.App.Services.GetRequiredService<AimPlatform>().IdentityMerges.UndoAsync(new StateId(100_000_001), "The list was wrong.", "reviewer", CancellationToken.None);

        Assert.AreEqual(HttpStatusCode.OK, (await PublishAsync(operators, "100000002>100000001")).Status);
        Assert.AreEqual("100000001 100000002>100000001", await PeopleAsync(host));
    }

    [TestMethod]
    public async Task A_folder_whose_list_closes_a_circle_with_what_was_loaded_is_refused_before_anything_is_written()
    {
        var data = AssemblySetup.NewFolder("circle");
        Assert.AreEqual(ExitCode.Done, (await LoadAsync("100000001>100000002")).Code);

        var again = await LoadAsync("100000002>100000001", "Name,Value\nSignificantTotal,12\n");

        Assert.AreEqual((ExitCode.Unusable, $"identities.csv: With what is known already, MergedInto leads in a circle, from State ID 100000002 to 100000001 to 100000002. {WhatToDo}"), (again.Code, again.Error.Trim()));
        await using var opened = DataFolder.Open(data, new Uri("http://localhost:5080"), TimeProvider.System, NullLoggerFactory.Instance);
        Assert.AreEqual("100000001>100000002", await PeopleAsync(opened.Ports.Identities));
        Assert.IsNull((await opened.Platform.References.FindAsync(Sample.Year, CancellationToken.None))!.Value.Data.Thresholds);

        async Task<CommandResult> LoadAsync(string people, string? thresholds = null)
        {
            var state = AssemblySetup.NewFolder("state");
            Directory.CreateDirectory(Path.Combine(state, "uploads"));
            var reference = Path.Combine(state, "reference");
            Directory.Move(SampleFolder.WriteReference(), reference);
            await File.WriteAllTextAsync(Path.Combine(reference, "identities.csv"), Rows(people));
            if (thresholds is not null) await File.WriteAllTextAsync(Path.Combine(reference, "thresholds.csv"), thresholds);
            return await AimProgram.RunAsync("load", state, "--data", data);
        }
    }

    private static async Task<(HttpStatusCode Status, string Body)> PublishAsync(HttpClient operators, string people, params (string Name, string Text)[] more)
    {
        using var form = new MultipartFormDataContent();
        foreach (var file in Directory.EnumerateFiles(SampleFolder.WriteReference())) form.Add(new ByteArrayContent(await File.ReadAllBytesAsync(file)), "files", Path.GetFileName(file));
        foreach (var (name, text) in more.Append(("identities.csv", Rows(people)))) form.Add(new StringContent(text), "files", name);
        using var response = await operators.PutAsync($"/api/v1/reference/{Sample.Year}", form);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static string Rows(string people) => string.Join('\n',
        ["StateId,LastName,FirstName,MiddleName,Suffix,BirthDate,Gender,MergedInto", .. people.Split(' ').Select(person => person.Split('>')).Select(ids => $"{ids[0]},Alder,Ann,,,02/03/2015,F,{ids.ElementAtOrDefault(1)}")]);

    private static Task<string> PeopleAsync(RunningHost host) => PeopleAsync(host.App.Services.GetRequiredService<AimPlatform>().Ports.Identities);

    private static async Task<string> PeopleAsync(IIdentityIndex index) =>
        string.Join(' ', await index.ListAsync(CancellationToken.None).Select(person => person.MergedInto is { } survivor ? $"{person.StateId}>{survivor}" : $"{person.StateId}").ToListAsync());
}
