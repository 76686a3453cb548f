using Aim.Azure;
using Aim.CosmosGateway;
using Aim.Host.Commands;
using Aim.Host.Embedded;
using Aim.Host.Generate;
using Aim.Records;
using Aim.Tests.Setup;
using Aim.Uploads;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim.Tests.Azure;

/// <summary>A whole load while one in five calls to Cosmos DB fails, half of them after the work was done.</summary>
[TestClass]
public sealed class FaultRunTests
{
    private const double Share = 0.2;

    /// <summary>The acceptance run is of 2,000 students; every day a tenth of that will do.</summary>
    private static readonly int Students = int.TryParse(Environment.GetEnvironmentVariable("AIM_FAULT_STUDENTS"), out var students) ? students : 200;

    private static readonly SchoolYear Year = Sample.Year;

    [TestMethod]
    public async Task A_load_in_which_one_call_in_five_fails_ends_in_the_same_state_as_a_calm_one()
    {
        var state = AssemblySetup.NewFolder("state");
        new StateGenerator(new GenerateOptions(state, Students, 3, Seed: 5, Year, ErrorRate: 0.02)).Run();

        var (calm, _) = await LoadAsync(state, share: 0);
        var (stormy, faults) = await LoadAsync(state, Share);

        Assert.AreEqual(calm, stormy);
        CollectionAssert.AreEquivalent(Enum.GetValues<Fault>().ToList(), faults.Keys.ToList(), "every kind of fault was there");
    }

    private static async Task<(string EndState, IReadOnlyDictionary<Fault, int> Faults)> LoadAsync(string state, double share)
    {
        await using var cosmos = await CosmosBench.OpenGatewayAsync();
        var folder = AssemblySetup.NewFolder("data");
        await using var data = DataFolder.Open(folder, new Uri("http://localhost:5080"), TimeProvider.System, NullLoggerFactory.Instance, ports => ports.OnCosmos(cosmos.Account));
        data.Engine.Start();
        cosmos.Gateway!.Faults.Inject(share, seed: 7);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(10));

        var report = await new StateLoader(data, TimeProvider.System).LoadAsync(state, ConfirmPolicy.Never, new StageProgress(null), patience.Token);
        var night = await new StateSyncer(data, TimeProvider.System).RunAsync(verifyAll: true, countsHits: true, patience.Token);

        cosmos.Gateway.Faults.Stop();
        Assert.IsGreaterThan(0, report.StudentsSynced);
        Assert.IsEmpty(night.Disagreed);
        return (await EndState.DescribeAsync(data.Platform, folder, Year), cosmos.Gateway.Faults.Injected);
    }
}
