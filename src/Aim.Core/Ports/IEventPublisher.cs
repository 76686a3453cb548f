using Aim.State;

namespace Aim.Ports;

/// <summary>
/// Tells other systems of changes. At least once, and in order for each student; receivers drop an event whose id they have seen.
/// </summary>
public interface IEventPublisher
{
    /// <summary>Returns when every event has been taken over for delivery; after an exception all of them are to be published again.</summary>
    Task PublishAsync(IReadOnlyList<StateChange> changes, CancellationToken cancellation);
}
