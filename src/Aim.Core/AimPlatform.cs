using Aim.Editions;
using Aim.Entry;
using Aim.Federal;
using Aim.Identity;
using Aim.Movement;
using Aim.OneRoster;
using Aim.Organizations;
using Aim.Ports;
using Aim.Snapshots;
using Aim.StateSync;
using Aim.Telemetry;
using Aim.Uploads;
using Aim.Workflows;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim;

/// <summary>The parts of the outside world that a host provides.</summary>
public sealed record AimPorts(IBlobStore Blobs, IEditionStore Editions, IStateStore State, IIdentityIndex Identities, ILedger Ledger, TimeProvider Clock);

/// <summary>
/// Everything the domain offers, put together by hand: which service uses which, which workflows and steps there are. Hosts add
/// the ports and an engine.
/// </summary>
public sealed class AimPlatform
{
    private readonly ILogger logger;
    private readonly IdentityResolver resolver;
    private readonly Deletions deletions;
    private readonly SyncEdition sync;
    private readonly JudgeMovement movement;

    public AimPlatform(AimPorts ports, Func<WorkflowCatalog, IWorkflowClient> engine, ILoggerFactory? loggers = null)
    {
        logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger(AimLog.Category);
        Ports = ports;
        References = new ReferenceLibrary(ports.Blobs, ports.Ledger);
        Calendar = new StateCalendar(References, ports.Clock);
        Uploads = new UploadLog(ports.Ledger);
        Parked = new ParkedStudents(ports.Ledger, ports.Clock);
        StateWaits = new StateWaits(ports.Editions, Parked);
        IdentityDecisions = new IdentityDecisions(ports.Ledger);
        resolver = new IdentityResolver(ports.Editions, ports.Identities, ports.State, IdentityDecisions, ports.Clock);
        Comparison = new EditionComparison(ports.Editions, ports.State, ports.Identities, resolver, Parked);
        Notes = new EditionNotes(ports.Ledger, ports.Clock);
        var heldFields = new HeldFields(ports.State, ports.Identities, Notes);
        Validation = new EditionValidation(ports.Editions, References, Notes, resolver, Parked, heldFields, ports.Clock);
        NewestUploads = new NewestUploads(ports.Ledger);
        RuleHits = new RuleHitCounts(ports.Editions, References, Validation, ports.Ledger, ports.Clock);
        Disclosures = new DisclosureLog(ports.Ledger, ports.Clock);
        Snapshots = new SnapshotLibrary(ports.Blobs);
        RuleTrials = new RuleTrial(ports.Blobs, Snapshots);
        Federal = new FederalFiles(ports.Blobs, ports.Ledger, Snapshots, Uploads);
        Catalog = new WorkflowCatalog();
        Workflows = engine(Catalog);
        Intake = new UploadIntake(ports.Blobs, Uploads, Workflows, ports.Clock);
        sync = new SyncEdition(ports.Editions, ports.State, ports.Identities, resolver, new StudentLinks(ports.Editions, ports.Identities), new KnownPeople(ports.State, ports.Identities), Parked, ports.Clock, logger);
        StateEditing = new StateEditing(ports.State, new KnownPeople(ports.State, ports.Identities), Validation, Notes, ports.Clock);
        Cases = new CaseBook(ports.Ledger);
        movement = new JudgeMovement(ports.State, ports.Ledger, Cases, Calendar, ports.Clock);
        var (judge, toState) = (new ChangeJudge(ports.Editions, heldFields, resolver, References, Calendar), new ChangesToState(ports.Identities, sync, movement, logger));
        deletions = new Deletions(ports.Ledger, Calendar);
        Entry = new HandEntry(ports.Blobs, ports.Editions, judge, Uploads, deletions, toState, ports.Clock);
        Pushed = new PushedChanges(ports.Ledger, Uploads, Workflows, new PushedRecords(ports.Blobs, ports.Editions, judge, Uploads, deletions, toState, ports.Clock), ports.Clock);
        Collections = new CollectionSchedule(Workflows, References);
        CaseFiles = new CaseFiles(ports.Blobs, ports.Clock);
        Transfers = new RecordsTransfers(ports.State, ports.Identities, ports.Ledger, Disclosures, Calendar, ports.Clock);
        DocumentedExits = new DocumentedExits(ports.State, ports.Identities, ports.Ledger, Calendar, ports.Clock);
        Leavers = new LeaverLists(ports.State, ports.Editions, Parked, ports.Blobs, DocumentedExits, ports.Clock);
        Syncs = new EditionSyncs(sync);
        IdentityCases = new IdentityCases(ports.Ledger, ports.Clock);
        RuleHitRates = new RuleHitRates(NewestUploads, Cases, IdentityCases, References);
        NearMatches = new NearMatches(ports.Editions, ports.Identities, IdentityDecisions, Parked, Syncs, ports.Clock);
        IdentityMerges = new IdentityMerges(ports.Editions, ports.State, ports.Identities, ports.Ledger, IdentityDecisions, Syncs, ports.Clock);
        IdentityScan = new ScanIdentities(ports.Editions, ports.State, ports.Identities, Parked, IdentityCases);
        Locator = new StudentLocator(ports.Identities);
        Register();
    }

    public AimPorts Ports { get; }
    public WorkflowCatalog Catalog { get; }
    public IWorkflowClient Workflows { get; }
    public ReferenceLibrary References { get; }
    public StateCalendar Calendar { get; }
    public UploadLog Uploads { get; }
    public UploadIntake Intake { get; }
    public HandEntry Entry { get; }
    public StateEditing StateEditing { get; }
    public EditionSyncs Syncs { get; }
    public PushedChanges Pushed { get; }
    public ParkedStudents Parked { get; }
    public StateWaits StateWaits { get; }
    public EditionComparison Comparison { get; }
    public EditionNotes Notes { get; }
    public EditionValidation Validation { get; }
    public NewestUploads NewestUploads { get; }
    public RuleHitCounts RuleHits { get; }
    public RuleHitRates RuleHitRates { get; }
    public RuleTrial RuleTrials { get; }
    public DisclosureLog Disclosures { get; }
    public SnapshotLibrary Snapshots { get; }
    public CollectionSchedule Collections { get; }
    public FederalFiles Federal { get; }
    public CaseBook Cases { get; }
    public IdentityCases IdentityCases { get; }
    public IdentityDecisions IdentityDecisions { get; }
    public NearMatches NearMatches { get; }
    public IdentityMerges IdentityMerges { get; }
    public ScanIdentities IdentityScan { get; }
    public StudentLocator Locator { get; }
    public CaseFiles CaseFiles { get; }
    public RecordsTransfers Transfers { get; }
    public LeaverLists Leavers { get; }
    public DocumentedExits DocumentedExits { get; }

    private void Register()
    {
        var (blobs, editions, state, identities, ledger, clock) = Ports;

        var identify = new IdentifyUpload(blobs, Uploads, References, Calendar, clock);
        var stage = new StageUpload(blobs, References);
        var compare = new CompareUpload(blobs, editions, resolver, References, new NewerEntries(blobs, Uploads, Calendar), deletions);
        var apply = new ApplyUpload(blobs, editions);
        var report = new ReportUpload(blobs, Uploads, NewestUploads, new ClosingFindings(blobs, editions, References, Parked), clock, logger);
        Catalog.Add<UploadWorkflow, UploadInput, UploadStatus>()
            .Add(UploadSteps.Identify, identify.RunAsync)
            .Add(UploadSteps.Stage, stage.RunAsync)
            .Add(UploadSteps.Compare, compare.RunAsync)
            .Add(UploadSteps.Ask, report.AskAsync)
            .Add(UploadSteps.Apply, apply.RunAsync)
            .Add(UploadSteps.Report, report.RunAsync);

        var roster = new RosterUpload(blobs, ledger, Uploads, NewestUploads, References, clock);
        Catalog.Add<RosterWorkflow, UploadInput, UploadStatus>()
            .Add(RosterSteps.Open, roster.OpenAsync)
            .Add(RosterSteps.Report, roster.ReportAsync);

        var verify = new VerifyEdition(editions, state, resolver, Parked);
        var night = new NightlySteps(Intake, new UploadLeftovers(blobs, Workflows, clock), editions, RuleHits, ledger, logger);
        Catalog.Add<NightlySyncWorkflow, NightInput, NightReport>()
            .Add(NightlySteps.StartMissedUploads, (_, cancellation) => night.StartMissedUploadsAsync(cancellation))
            .Add(NightlySteps.PlanNight, night.PlanAsync)
            .Add(NightlySteps.RemoveLeftovers, (_, cancellation) => night.RemoveLeftoversAsync(cancellation))
            .Add(SyncEdition.Step, sync.RunAsync)
            .Add(VerifyEdition.Step, verify.RunAsync)
            .Add(NightlySteps.ResetSync, night.ResetAsync)
            .Add(JudgeMovement.Step, movement.RunAsync)
            .Add(ScanIdentities.Step, (_, cancellation) => IdentityScan.RunAsync(cancellation))
            .Add(RuleHitCounts.Step, RuleHits.CountAsync)
            .Add(NightlySteps.ReportNight, night.ReportAsync);

        var snapshots = new SnapshotSteps(blobs, state, editions, References);
        var freeze = new FreezeRange(state, blobs);
        Catalog.Add<SnapshotWorkflow, SnapshotInput, SnapshotManifest>()
            .Add(SnapshotSteps.Plan, snapshots.PlanAsync)
            .Add(SnapshotSteps.Freeze, freeze.RunAsync)
            .Add(SnapshotSteps.Seal, snapshots.SealAsync)
            .Add(FederalFiles.Write, Federal.WriteAsync);
    }
}
