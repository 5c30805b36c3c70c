using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Identity;
using RecordingPlatform.Api.Events;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Api.Ingest;
using RecordingPlatform.Api.Operations;
using RecordingPlatform.Api.Recordings;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Completeness;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Redis;
using RecordingPlatform.Core.Operations;
using RecordingPlatform.Core.Processing;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Retention;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Core.Storage;
using RecordingPlatform.ServiceDefaults;
using RecordingPlatform.ServiceDefaults.Metrics;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
// The limit on bodies is each route's own; uploads set theirs from Ingest:MaxFileBytes.
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
    // The next segments are opened while the last ones are on their way; a slow listener holds this much and no more.
    kestrel.Limits.MaxResponseBufferSize = 512 * 1024;
});

var services = builder.Services;
services.AddRecordingDb(builder.Configuration.GetRequiredConnectionString(DatabaseSetup.ConnectionName));
services.AddEnvelopeKeys(builder.Configuration);
services.AddObjectStore(builder.Configuration);
services.AddRedis(builder.Configuration);
services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section).ValidateDataAnnotations().ValidateOnStart();
services.AddOptions<IngestOptions>().BindConfiguration(IngestOptions.Section).ValidateDataAnnotations().ValidateOnStart();
services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateDataAnnotations().ValidateOnStart();
services.AddOptions<EventStreamOptions>().BindConfiguration(EventStreamOptions.Section).ValidateDataAnnotations().ValidateOnStart();
services.AddOptions<ApiOptions>().BindConfiguration(ApiOptions.Section).ValidateDataAnnotations().ValidateOnStart();
services.AddIdentityCore<User>(AccessSetup.Configure).AddEntityFrameworkStores<RecordingDb>().AddTokenProvider<AuthenticatorTokenProvider<User>>(TokenOptions.DefaultAuthenticatorProvider);
services.AddHostedService<DatabaseGuard>();

services.AddSingleton<ObjectSweeper>();
services.AddSingleton<ObjectWriter>();
services.AddSingleton<ObjectReader>();
services.AddSingleton<RecentOpenings>();
services.AddScoped<AuditTrail>();
services.AddScoped<ViewTrail>();
services.AddScoped<Callers>();
services.AddScoped<Sessions>();
services.AddScoped<ApiKeys>();
services.AddScoped<Accounts>();
services.AddScoped<PasswordChange>();
services.AddScoped<Tickets>();
services.AddScoped<RecordingIntake>();
services.AddScoped<RecordingDeletion>();
services.AddScoped<RecordingChanges>();
services.AddScoped<RecordingNotes>();
services.AddScoped<Reprocessing>();
services.AddScoped<RecordingSearch>();
services.AddScoped<RecordingTally>();
services.AddScoped<ConversationSearch>();
services.AddScoped<ExpectationSearch>();
services.AddScoped<ExpectationChanges>();
services.AddScoped<MultipartIntake>();
services.AddSingleton<SourceDirectory>();
services.AddScoped<SourceSetup>();
services.AddSingleton<RawEventInbox>();
services.AddSingleton<RefusalLog>();
services.AddHostedService(provider => provider.GetRequiredService<RefusalLog>());
services.AddSingleton<WebhookDoor>();
services.AddScoped<MediaDoor>();
services.AddScoped<PushedMedia>();
services.AddScoped<EventApplier>();
services.AddScoped<MediaSelection>();
services.AddScoped<MediaDelivery>();
services.AddScoped<RecordingExport>();
services.AddSingleton<PublicUrl>();
services.AddEventFeed();
services.AddSingleton<EventStream>();
services.AddScoped<PlatformHealth>();
services.AddSingleton<PlatformGauges>();

services.AddSingleton<IMemoryPoolFactory<byte>, TransferMemory>();
services.AddHttpContextAccessor();
services.AddScoped(provider => provider.GetRequiredService<IHttpContextAccessor>().HttpContext!.Features.Get<Caller>()
    ?? throw new InvalidOperationException("This route is anonymous: it has no caller."));
services.AddAuthentication(Authentication.SchemeName).AddScheme<AuthenticationSchemeOptions, Authentication>(Authentication.SchemeName, null);
services.AddAuthorization();
services.AddRateLimits();
services.AddOptions<IdempotencyOptions>().BindConfiguration(IdempotencyOptions.Section).ValidateDataAnnotations().ValidateOnStart();
services.AddSingleton<IdempotencyStore>();
services.AddScoped<IdempotentWrites>();
services.AddPortalCors(builder.Configuration["Portal:Origin"]);
services.ConfigureHttpJsonOptions(json => WireJson.Configure(json.SerializerOptions));
services.AddProblemDetails();
services.AddExceptionHandler<Failures>();
services.AddApiDescription();

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages(UnknownRoute.AnswerAsync);
app.UseCors();
// Pings find a client that is gone; proxies see life.
app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(15), KeepAliveTimeout = TimeSpan.FromSeconds(15) });
app.UseAuthentication();
app.UseRateLimiter();
app.Use(DeniedAttempts.RecordAsync);
app.UseAuthorization();
app.Use(IdempotentWrites.AnswerAsync);
app.MapServiceDefaults().WithMetadata(new AnonymousBecause("A sign of life says nothing else."));
app.MapOpenApi().AllowAnonymous("The description of the API holds nothing of anybody's.");
app.MapReferencePage();
app.MapMetrics(http => ValueTask.FromResult(OperatorsOnly.Allows(http)), app.Services.GetRequiredService<PlatformGauges>().RefreshAsync)
    .WithMetadata(new AnonymousBecause("Loopback, or a key of scope ops.read: the handler decides."));
Endpoints.MapAll(app);
await RoutePolicy.RunAsync(app, args);
