using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Retention;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Core.Data;

/// <summary>
/// The truth. The schema is written by hand in Migrations/*.sql; this model only maps it, and a test compares the two.
/// Conditions on time use <see cref="Now"/>, which is the database's clock.
/// </summary>
public sealed class RecordingDb(DbContextOptions<RecordingDb> options) : IdentityUserContext<User, Guid>(options)
{
    public DbSet<UserRole> UserRoles => Set<UserRole>();
    public DbSet<Session> Sessions => Set<Session>();
    public DbSet<RefreshToken> RefreshTokens => Set<RefreshToken>();
    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();
    public DbSet<Ticket> Tickets => Set<Ticket>();
    public DbSet<Grant> Grants => Set<Grant>();
    public DbSet<IdempotencyKey> IdempotencyKeys => Set<IdempotencyKey>();
    public DbSet<KeyRingEntry> KeyRing => Set<KeyRingEntry>();
    public DbSet<Source> Sources => Set<Source>();
    public DbSet<Subject> Subjects => Set<Subject>();
    public DbSet<Appointment> Appointments => Set<Appointment>();
    public DbSet<Conversation> Conversations => Set<Conversation>();
    public DbSet<Participant> Participants => Set<Participant>();
    public DbSet<Consent> Consents => Set<Consent>();
    public DbSet<Recording> Recordings => Set<Recording>();
    public DbSet<RecordingNote> RecordingNotes => Set<RecordingNote>();
    public DbSet<Attendance> Attendances => Set<Attendance>();
    public DbSet<ConversationViewer> ConversationViewers => Set<ConversationViewer>();
    public DbSet<SavedFilter> SavedFilters => Set<SavedFilter>();
    public DbSet<Expectation> Expectations => Set<Expectation>();
    public DbSet<Matter> Matters => Set<Matter>();
    public DbSet<Hold> Holds => Set<Hold>();
    public DbSet<RetentionPolicy> RetentionPolicies => Set<RetentionPolicy>();
    public DbSet<PrivacyRequest> PrivacyRequests => Set<PrivacyRequest>();
    public DbSet<Certificate> Certificates => Set<Certificate>();
    public DbSet<ObjectRow> Objects => Set<ObjectRow>();
    public DbSet<UploadSession> UploadSessions => Set<UploadSession>();
    public DbSet<RawEvent> RawEvents => Set<RawEvent>();
    public DbSet<RefusedDelivery> RefusedDeliveries => Set<RefusedDelivery>();
    public DbSet<SpoolFile> SpoolFiles => Set<SpoolFile>();
    public DbSet<SourceCheck> SourceChecks => Set<SourceCheck>();
    public DbSet<RetrievalStop> RetrievalStops => Set<RetrievalStop>();
    public DbSet<ConversationKey> ConversationKeys => Set<ConversationKey>();
    public DbSet<KekVersion> KekVersions => Set<KekVersion>();
    public DbSet<MasterKey> MasterKeys => Set<MasterKey>();
    public DbSet<ServiceKey> ServiceKeys => Set<ServiceKey>();
    public DbSet<OwnerKey> OwnerKeys => Set<OwnerKey>();
    public DbSet<DataKey> DataKeys => Set<DataKey>();
    public DbSet<Job> Jobs => Set<Job>();
    public DbSet<WorkerStanding> WorkerStandings => Set<WorkerStanding>();
    public DbSet<JobError> JobErrors => Set<JobError>();
    public DbSet<AuditRow> Audit => Set<AuditRow>();
    public DbSet<AuditDetails> AuditDetails => Set<AuditDetails>();
    public DbSet<AuditLeaf> AuditLeaves => Set<AuditLeaf>();
    public DbSet<LiveView> LiveViews => Set<LiveView>();
    public DbSet<Checkpoint> Checkpoints => Set<Checkpoint>();
    public DbSet<EventRow> Events => Set<EventRow>();
    public DbSet<EventSeq> EventSeq => Set<EventSeq>();

    /// <summary>The database's <c>app_now()</c>; only inside a query.</summary>
    public static DateTimeOffset Now() => throw new InvalidOperationException("app_now() runs in the database: use it inside a query, or NowAsync.");

    /// <summary>The number, from 1, of the range that begins at one of the bounds, ascending and in UTC; only inside a query.</summary>
    public static int RangeOf(DateTimeOffset at, DateTimeOffset[] bounds) => throw new InvalidOperationException("width_bucket runs in the database: use it inside a query.");

    /// <summary>The time by the database's clock.</summary>
    public Task<DateTimeOffset> NowAsync(CancellationToken ct) =>
        Database.SqlQuery<DateTimeOffset>($"select app_now() as \"Value\"").SingleAsync(ct);

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.HasDbFunction(typeof(RecordingDb).GetMethod(nameof(Now))!).HasName("app_now");
        builder.HasDbFunction(typeof(RecordingDb).GetMethod(nameof(RangeOf))!).HasName("width_bucket").IsBuiltIn();
        SchemaMap.Apply(builder);
    }
}
