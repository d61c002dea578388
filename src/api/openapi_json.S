// The API's description, as the build has made it of docs/api/openapi.yaml.
  .section .rodata
  .global postroom_openapi_json, postroom_openapi_json_end
postroom_openapi_json:
  .incbin "openapi.json"
postroom_openapi_json_end:
  .section .note.GNU-stack, "", @progbits
