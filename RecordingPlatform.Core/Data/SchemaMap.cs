using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
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
/// Maps the classes to the hand-written tables: snake_case names, enumerations as words, times that default to the
/// database's clock, jsonb where a string holds JSON. What SQL alone knows (checks, partial indexes) is not repeated.
/// </summary>
internal static class SchemaMap
{
    // Columns whose default is app_now(): left unset by the application, filled by the database.
    static readonly HashSet<string> DatabaseTimes =
    [
        "CreatedAt", "UpdatedAt", "SeenAt", "PlacedAt", "DecidedAt", "RequestedAt", "IssuedAt", "ReceivedAt", "RunAt", "GrantedAt", "BeganAt",
        "AuditAt", "At", "NextAttemptAt", "StillSince", "FirstSeenAt", "LastAt", "StoppedAt",
    ];

    static readonly Dictionary<Type, string[]> JsonColumns = new()
    {
        [typeof(Source)] = ["Settings"],
        [typeof(UploadSession)] = ["Metadata"],
        [typeof(Job)] = ["Arguments"],
        [typeof(AuditRow)] = ["Facts"],
        [typeof(EventRow)] = ["Data"],
        [typeof(SourceCheck)] = ["Findings"],
    };

    public static void Apply(ModelBuilder builder)
    {
        MapKeys(builder);
        MapRelations(builder);
        foreach (var entity in builder.Model.GetEntityTypes().ToList())
            MapNames(entity);
    }

    static void MapKeys(ModelBuilder builder)
    {
        builder.Entity<User>().ToTable("users");
        builder.Entity<IdentityUserClaim<Guid>>().ToTable("user_claims");
        builder.Entity<IdentityUserLogin<Guid>>().ToTable("user_logins");
        builder.Entity<IdentityUserToken<Guid>>().ToTable("user_tokens");
        builder.Entity<IdentityUserPasskey<Guid>>().ToTable("user_passkeys").HasKey(p => p.CredentialId);
        builder.Entity<IdentityUserPasskey<Guid>>().OwnsOne(p => p.Data).ToJson("data");
        builder.Entity<UserRole>().ToTable("user_roles").HasKey(r => new { r.UserId, r.Role });
        builder.Entity<RoleRow>().ToTable("roles").HasKey(r => r.Name);
        builder.Entity<RefreshToken>().HasKey(t => t.TokenHash);
        builder.Entity<IdempotencyKey>().HasKey(k => new { k.CallerId, k.Route, k.Key });
        builder.Entity<KeyRingEntry>().ToTable("key_ring");
        builder.Entity<ConversationKey>().HasKey(k => new { k.SourceId, k.Key });
        builder.Entity<RetrievalStop>().HasKey(s => s.SourceId);
        builder.Entity<AuditRow>().ToTable("audit").HasKey(a => new { a.Id, a.At });
        builder.Entity<AuditLeaf>().ToTable("audit_leaves").HasKey(a => a.LeafIndex);
        builder.Entity<AuditDetails>().ToTable("audit_details");
        builder.Entity<LiveView>().HasKey(v => new { v.ViewerId, v.View });
        builder.Entity<Checkpoint>().HasKey(c => c.Size);
        builder.Entity<EventRow>().ToTable("events").HasKey(e => new { e.Id, e.At });
        builder.Entity<EventSeq>().ToTable("event_seq").HasKey(e => e.Seq);
        builder.Entity<ClockRow>().ToTable("clock").HasKey(c => c.Singleton);
        builder.Entity<EpochRow>().ToTable("epochs").HasKey(e => e.Epoch);
        builder.Entity<ObjectRow>().ToTable("objects");

        builder.Entity<AuditLeaf>().Property(a => a.LeafIndex).ValueGeneratedNever();
        builder.Entity<Checkpoint>().Property(c => c.Size).ValueGeneratedNever();
        builder.Entity<EventSeq>().Property(e => e.Seq).ValueGeneratedNever();
        builder.Entity<EpochRow>().Property(e => e.Epoch).ValueGeneratedNever();
        builder.Entity<ClockRow>().Property(c => c.Singleton).ValueGeneratedNever();

        builder.Entity<AuditRow>(row =>
        {
            row.Property(a => a.Id).UseIdentityAlwaysColumn();
            row.Property(a => a.Epoch).HasDefaultValueSql("current_epoch()").ValueGeneratedOnAdd();
            row.Property(a => a.Xid).HasColumnType("xid8").HasDefaultValueSql("pg_current_xact_id()").ValueGeneratedOnAdd();
            row.Property(a => a.Action).HasConversion<int>();
        });
        builder.Entity<EventRow>(row =>
        {
            row.Property(e => e.Id).UseIdentityAlwaysColumn();
            row.Property(e => e.Epoch).HasDefaultValueSql("current_epoch()").ValueGeneratedOnAdd();
            row.Property(e => e.Xid).HasColumnType("xid8").HasDefaultValueSql("pg_current_xact_id()").ValueGeneratedOnAdd();
        });
        builder.Entity<JobError>().Property(e => e.Id).UseIdentityAlwaysColumn();
        builder.Entity<Job>(row =>
        {
            // A job whose key is queued already learns so from the insert.
            row.Property(j => j.State).HasDefaultValueSql("'queued'").HasSentinel(JobState.Queued).ValueGeneratedOnAdd();
            row.Property(j => j.SupersededBy).ValueGeneratedOnAdd();
        });
        builder.Entity<Recording>().Property(r => r.RowVersion).IsConcurrencyToken();
        builder.Entity<Recording>().Property(r => r.SearchText).ValueGeneratedOnAddOrUpdate();
        builder.Entity<Recording>().Property(r => r.Status).ValueGeneratedOnAddOrUpdate();
        builder.Entity<Recording>().Property(r => r.ConversationKind).ValueGeneratedOnAddOrUpdate();
        builder.Entity<Conversation>().Property(c => c.SearchText).ValueGeneratedOnAddOrUpdate();
        builder.Entity<Conversation>().Property(c => c.SearchPeople).ValueGeneratedOnAddOrUpdate();
        builder.Entity<Conversation>().Property(c => c.SearchNumbers).ValueGeneratedOnAddOrUpdate();
        builder.Entity<Attendance>().HasKey(a => new { a.UserId, a.RecordingId });
        builder.Entity<ConversationViewer>().HasNoKey();
        builder.Entity<WorkerStanding>().HasKey(w => w.Worker);
        builder.Entity<WorkerStanding>().Property(w => w.StartedAt).HasDefaultValueSql("app_now()");
        builder.Entity<WorkerStanding>().Property(w => w.ReportedAt).HasDefaultValueSql("app_now()");
        builder.Entity<IdempotencyKey>().Property(k => k.Attempt).IsConcurrencyToken();
    }

    // Order of inserts inside one SaveChanges follows from these; what happens on delete is the SQL's matter.
    static void MapRelations(ModelBuilder builder)
    {
        builder.Entity<User>().HasMany(u => u.Roles).WithOne().HasForeignKey(r => r.UserId);
        builder.Entity<UserRole>().HasOne<RoleRow>().WithMany().HasForeignKey(r => r.Role);
        builder.Entity<Session>().HasOne<User>().WithMany().HasForeignKey(s => s.UserId);
        builder.Entity<RefreshToken>().HasOne<Session>().WithMany().HasForeignKey(t => t.SessionId);
        builder.Entity<ApiKey>().HasOne<Source>().WithMany().HasForeignKey(k => k.SourceId);
        builder.Entity<ApiKey>().HasOne<User>().WithMany().HasForeignKey(k => k.CreatedBy);
        builder.Entity<RetrievalStop>().HasOne<Source>().WithOne().HasForeignKey<RetrievalStop>(s => s.SourceId);
        builder.Entity<Source>().HasOne<MasterKey>().WithMany().HasForeignKey(s => s.SecretsMasterKeyId);
        builder.Entity<KeyRingEntry>().HasOne<MasterKey>().WithMany().HasForeignKey(k => k.MasterKeyId);
        builder.Entity<IdempotencyKey>().HasOne<MasterKey>().WithMany().HasForeignKey(k => k.MasterKeyId);
        builder.Entity<Ticket>().HasOne<Session>().WithMany().HasForeignKey(t => t.SessionId);
        builder.Entity<Ticket>().HasOne<ApiKey>().WithMany().HasForeignKey(t => t.ApiKeyId);
        builder.Entity<Ticket>().HasOne<Recording>().WithMany().HasForeignKey(t => t.RecordingId);
        builder.Entity<Ticket>().HasOne<ObjectRow>().WithMany().HasForeignKey(t => t.ObjectId);
        builder.Entity<Ticket>().HasOne<UploadSession>().WithMany().HasForeignKey(t => t.UploadSessionId);
        builder.Entity<Grant>().HasOne<Recording>().WithMany(r => r.Grants).HasForeignKey(g => g.RecordingId);
        builder.Entity<Grant>().HasOne<User>().WithMany().HasForeignKey(g => g.UserId);

        builder.Entity<Subject>().HasOne<User>().WithMany().HasForeignKey(s => s.UserId);
        builder.Entity<Appointment>().HasOne<Subject>().WithMany().HasForeignKey(a => a.SubjectId);
        builder.Entity<Appointment>().HasOne<User>().WithMany().HasForeignKey(a => a.ClinicianId);
        builder.Entity<Conversation>().HasOne<Source>().WithMany().HasForeignKey(c => c.SourceId);
        builder.Entity<Conversation>().HasOne<Appointment>().WithMany().HasForeignKey(c => c.AppointmentId);
        builder.Entity<Conversation>().HasOne<Subject>().WithMany().HasForeignKey(c => c.SubjectId);
        builder.Entity<Conversation>().HasMany(c => c.Participants).WithOne().HasForeignKey(p => p.ConversationId);
        builder.Entity<Participant>().HasOne<User>().WithMany().HasForeignKey(p => p.UserId);
        builder.Entity<Participant>().HasOne<Subject>().WithMany().HasForeignKey(p => p.SubjectId);
        builder.Entity<Consent>().HasOne<Subject>().WithMany().HasForeignKey(c => c.SubjectId);
        builder.Entity<Consent>().HasOne<Participant>().WithMany().HasForeignKey(c => c.ParticipantId);
        builder.Entity<Recording>().HasOne(r => r.Conversation).WithMany().HasForeignKey(r => r.ConversationId);
        builder.Entity<Recording>().HasOne(r => r.Source).WithMany().HasForeignKey(r => r.SourceId);
        builder.Entity<Recording>().HasOne(r => r.Subject).WithMany().HasForeignKey(r => r.SubjectId);
        builder.Entity<Recording>().HasOne(r => r.Appointment).WithMany().HasForeignKey(r => r.AppointmentId);
        builder.Entity<Recording>().HasMany(r => r.Objects).WithOne().HasForeignKey(o => o.RecordingId);
        builder.Entity<RecordingNote>().HasOne<Recording>().WithMany().HasForeignKey(n => n.RecordingId);
        builder.Entity<RecordingNote>().HasOne<User>().WithMany().HasForeignKey(n => n.AuthorUserId);
        builder.Entity<RecordingNote>().HasOne<ApiKey>().WithMany().HasForeignKey(n => n.AuthorKeyId);
        builder.Entity<Attendance>().HasOne<User>().WithMany().HasForeignKey(a => a.UserId);
        builder.Entity<Attendance>().HasOne<Recording>().WithMany().HasForeignKey(a => a.RecordingId);
        builder.Entity<SavedFilter>().HasOne<User>().WithMany().HasForeignKey(f => f.UserId);
        builder.Entity<Expectation>().HasOne<Conversation>().WithMany().HasForeignKey(e => e.ConversationId);
        builder.Entity<Expectation>().HasOne<Recording>().WithMany().HasForeignKey(e => e.RecordingId);
        builder.Entity<Hold>().HasOne<Matter>().WithMany().HasForeignKey(h => h.MatterId);
        builder.Entity<PrivacyRequest>().HasOne<Subject>().WithMany().HasForeignKey(p => p.SubjectId);

        builder.Entity<ObjectRow>().HasOne<UploadSession>().WithMany().HasForeignKey(o => o.UploadSessionId);
        builder.Entity<UploadSession>().HasOne<Recording>().WithMany().HasForeignKey(u => u.RecordingId);
        builder.Entity<RawEvent>().HasOne<Source>().WithMany().HasForeignKey(e => e.SourceId);
        builder.Entity<RawEvent>().HasOne<MasterKey>().WithMany().HasForeignKey(e => e.BodyMasterKeyId);
        builder.Entity<RefusedDelivery>().HasOne<Source>().WithMany().HasForeignKey(r => r.SourceId);
        builder.Entity<ConversationKey>().HasOne<Conversation>().WithMany().HasForeignKey(k => k.ConversationId);
        builder.Entity<SpoolFile>().HasOne<Source>().WithMany().HasForeignKey(f => f.SourceId);
        builder.Entity<SpoolFile>().HasOne<Conversation>().WithMany().HasForeignKey(f => f.ConversationId);
        builder.Entity<SpoolFile>().HasOne<Recording>().WithMany().HasForeignKey(f => f.RecordingId);
        builder.Entity<SourceCheck>().HasOne<Source>().WithMany().HasForeignKey(c => c.SourceId);
        builder.Entity<MasterKey>().HasOne<KekVersion>().WithMany().HasForeignKey(k => k.KekVersionId);
        builder.Entity<ServiceKey>().HasOne<KekVersion>().WithMany().HasForeignKey(k => k.KekVersionId);
        builder.Entity<OwnerKey>().HasOne<MasterKey>().WithMany().HasForeignKey(k => k.MasterKeyId);
        builder.Entity<DataKey>().HasOne<OwnerKey>().WithMany().HasForeignKey(k => k.OwnerKeyId);
        builder.Entity<Job>().HasOne<Recording>().WithMany().HasForeignKey(j => j.RecordingId);
        builder.Entity<JobError>().HasOne<Job>().WithMany().HasForeignKey(e => e.JobId);
        builder.Entity<Checkpoint>().HasOne<ServiceKey>().WithMany().HasForeignKey(c => c.ServiceKeyId);
    }

    static void MapNames(IMutableEntityType entity)
    {
        if (entity.IsMappedToJson())
            return;
        entity.SetTableName(SnakeCase.Of(entity.GetTableName() ?? entity.ShortName()));
        foreach (var property in entity.GetProperties())
        {
            property.SetColumnName(SnakeCase.Of(property.Name));
            if (property.ClrType == typeof(DateTimeOffset) && DatabaseTimes.Contains(property.Name))
            {
                property.SetDefaultValueSql("app_now()");
                property.ValueGenerated = ValueGenerated.OnAdd;
            }
            if (JsonColumns.TryGetValue(entity.ClrType, out var json) && json.Contains(property.Name))
                property.SetColumnType("jsonb");
            var type = Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType;
            if (type.IsEnum && property.GetValueConverter() is null && property.GetProviderClrType() is null)
                property.SetValueConverter(SnakeCase.ConverterOf(type));
        }
    }
}
