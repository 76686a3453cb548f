using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.Tests.Setup;

namespace Aim.Tests.Contracts;

/// <summary>What every <see cref="IEventPublisher"/> promises.</summary>
[TestClass]
public abstract class EventPublisherContract
{
    /// <summary>An event as the receiving end got it.</summary>
    protected sealed record Delivery(UInt128 Id, StateId StateId, long Version);

    private IEventPublisher publisher = null!;

    /// <summary>A publisher whose receiving end can be looked at.</summary>
    protected abstract Task<IEventPublisher> OpenAsync();

    /// <summary>What has arrived so far, in the order in which it did.</summary>
    protected abstract Task<IReadOnlyList<Delivery>> DeliveriesAsync();

    /// <summary>Makes the receiving end refuse everything, or take it again.</summary>
    protected abstract void Refuse(bool refuse);

    [TestInitialize]
    public async Task Open() => publisher = await OpenAsync();

    private static StateChange Change(int student, long version) => new(StateChange.IdOf(new StateId(student), Sample.Year, version), new StateId(student), Sample.Year, version,
        new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero).AddSeconds(version), [Sample.District], ["SD", "EN"]);

    private static List<StateChange> Changes(int students, int versions) =>
        [.. Enumerable.Range(1, versions).SelectMany(version => Enumerable.Range(1, students).Select(student => Change(student, version)))];

    private static void AssertInOrderForEachStudent(IEnumerable<Delivery> deliveries, int versions)
    {
        foreach (var own in deliveries.DistinctBy(delivery => delivery.Id).GroupBy(delivery => delivery.StateId))
            CollectionAssert.AreEqual(Enumerable.Range(1, versions).Select(version => (long)version).ToList(), own.Select(delivery => delivery.Version).ToList(), own.Key.ToString());
    }

    [TestMethod]
    public async Task Every_published_event_arrives_in_order_for_each_student()
    {
        var changes = Changes(students: 60, versions: 3);

        await publisher.PublishAsync(changes, CancellationToken.None);

        var deliveries = await DeliveriesAsync();
        CollectionAssert.AreEquivalent(changes.Select(change => change.Id).ToList(), deliveries.Select(delivery => delivery.Id).Distinct().ToList());
        AssertInOrderForEachStudent(deliveries, versions: 3);
    }

    [TestMethod]
    public async Task Events_of_a_later_call_come_after_those_of_an_earlier_one()
    {
        for (var version = 1; version <= 4; version++) await publisher.PublishAsync([Change(1, version), Change(2, version)], CancellationToken.None);

        AssertInOrderForEachStudent(await DeliveriesAsync(), versions: 4);
    }

    [TestMethod]
    public async Task When_they_are_not_taken_over_that_is_an_exception_and_publishing_again_delivers_all()
    {
        var changes = Changes(students: 5, versions: 2);
        Refuse(true);
        Exception? refused = null;
        try { await publisher.PublishAsync(changes, CancellationToken.None); } catch (Exception failure) { refused = failure; }
        Assert.IsNotNull(refused, "whoever publishes must hear that the events were not taken over");

        Refuse(false);
        await publisher.PublishAsync(changes, CancellationToken.None);

        var deliveries = await DeliveriesAsync();
        CollectionAssert.AreEquivalent(changes.Select(change => change.Id).ToList(), deliveries.Select(delivery => delivery.Id).Distinct().ToList());
        AssertInOrderForEachStudent(deliveries, versions: 2);
    }

    [TestMethod]
    public async Task An_event_published_twice_has_the_same_id_both_times()
    {
        await publisher.PublishAsync([Change(1, 1)], CancellationToken.None);
        await publisher.PublishAsync([Change(1, 1)], CancellationToken.None);

        var ids = (await DeliveriesAsync()).Select(delivery => delivery.Id).Distinct().ToList();

        CollectionAssert.AreEqual(new[] { Change(1, 1).Id }, ids);
    }

    [TestMethod]
    public async Task Nothing_to_publish_delivers_nothing()
    {
        await publisher.PublishAsync([], CancellationToken.None);

        Assert.IsEmpty(await DeliveriesAsync());
    }
}
