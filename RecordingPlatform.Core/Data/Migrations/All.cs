using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace RecordingPlatform.Core.Data.Migrations;

[DbContext(typeof(RecordingDb)), Migration("0001_foundation")]
internal sealed class Foundation() : SqlMigration("0001_foundation.sql");

[DbContext(typeof(RecordingDb)), Migration("0002_access")]
internal sealed class Access() : SqlMigration("0002_access.sql");

[DbContext(typeof(RecordingDb)), Migration("0003_keys")]
internal sealed class Keys() : SqlMigration("0003_keys.sql");

[DbContext(typeof(RecordingDb)), Migration("0004_recordings")]
internal sealed class Recordings() : SqlMigration("0004_recordings.sql");

[DbContext(typeof(RecordingDb)), Migration("0005_objects")]
internal sealed class Objects() : SqlMigration("0005_objects.sql");

[DbContext(typeof(RecordingDb)), Migration("0006_jobs")]
internal sealed class Jobs() : SqlMigration("0006_jobs.sql");

[DbContext(typeof(RecordingDb)), Migration("0007_audit_events")]
internal sealed class AuditEvents() : SqlMigration("0007_audit_events.sql");

[DbContext(typeof(RecordingDb)), Migration("0008_rights")]
internal sealed class Rights() : SqlMigration("0008_rights.sql");

[DbContext(typeof(RecordingDb)), Migration("0009_live_views")]
internal sealed class LiveViews() : SqlMigration("0009_live_views.sql");

[DbContext(typeof(RecordingDb)), Migration("0010_idempotency")]
internal sealed class Idempotency() : SqlMigration("0010_idempotency.sql");

[DbContext(typeof(RecordingDb)), Migration("0011_listing")]
internal sealed class Listing() : SqlMigration("0011_listing.sql");

[DbContext(typeof(RecordingDb)), Migration("0012_listing_indexes")]
internal sealed class ListingIndexes() : ConcurrentSqlMigration("0012_listing_indexes.sql");

[DbContext(typeof(RecordingDb)), Migration("0013_listing_parts")]
internal sealed class ListingParts() : SqlMigration("0013_listing_parts.sql");

[DbContext(typeof(RecordingDb)), Migration("0013_listing_parts_indexes")]
internal sealed class ListingPartsIndexes() : ConcurrentSqlMigration("0013_listing_parts_indexes.sql");

[DbContext(typeof(RecordingDb)), Migration("0015_notes")]
internal sealed class Notes() : SqlMigration("0015_notes.sql");

[DbContext(typeof(RecordingDb)), Migration("0016_saved_filters")]
internal sealed class SavedFilters() : SqlMigration("0016_saved_filters.sql");

[DbContext(typeof(RecordingDb)), Migration("0016_overview_indexes")]
internal sealed class OverviewIndexes() : ConcurrentSqlMigration("0016_overview_indexes.sql");

[DbContext(typeof(RecordingDb)), Migration("0017_attended_pictures")]
internal sealed class AttendedPictures() : SqlMigration("0017_attended_pictures.sql");

[DbContext(typeof(RecordingDb)), Migration("0017_attended_pictures_index")]
internal sealed class AttendedPicturesIndex() : ConcurrentSqlMigration("0017_attended_pictures_index.sql");

[DbContext(typeof(RecordingDb)), Migration("0018_ingest")]
internal sealed class Ingest() : SqlMigration("0018_ingest.sql");

[DbContext(typeof(RecordingDb)), Migration("0021_retrieval_stops")]
internal sealed class RetrievalStops() : SqlMigration("0021_retrieval_stops.sql");

[DbContext(typeof(RecordingDb)), Migration("0019_history")]
internal sealed class History() : SqlMigration("0019_history.sql");

[DbContext(typeof(RecordingDb)), Migration("0019_history_indexes")]
internal sealed class HistoryIndexes() : ConcurrentSqlMigration("0019_history_indexes.sql");

[DbContext(typeof(RecordingDb)), Migration("0023_reported_sizes")]
internal sealed class ReportedSizes() : SqlMigration("0023_reported_sizes.sql");
