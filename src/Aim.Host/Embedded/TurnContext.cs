namespace Aim.Host.Embedded;

/// <summary>Runs the continuations of a workflow's body one after another, and only while the run lets it.</summary>
/// <param name="entered">Called when a continuation comes from elsewhere.</param>
internal sealed class TurnContext(Action entered) : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> queue = [];
    private bool isInTurn;

    /// <summary>A continuation came from elsewhere: the body awaits something that isn't of its context.</summary>
    public bool WasEnteredFromOutside { get; private set; }

    public bool IsHere => Current == this && isInTurn;

    public void NoteEntry()
    {
        WasEnteredFromOutside = true;
        entered();
    }

    public void Run(Action turn)
    {
        var before = Current;
        SetSynchronizationContext(this);
        isInTurn = true;
        try
        {
            turn();
            while (queue.TryDequeue(out var next)) next.Callback(next.State);
        }
        finally
        {
            isInTurn = false;
            SetSynchronizationContext(before);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsHere) queue.Enqueue((d, state));
        else NoteEntry();
    }

    public override void Send(SendOrPostCallback d, object? state) => d(state);
}
